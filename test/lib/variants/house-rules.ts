import { tables as definitions, type TableDefinition, type TableName } from '../../../lambdas/store/tables.ts';
import type { Resource, Variant, VariantTemplate } from './variant.ts';

/** What no variant may break, whatever its settings: each function lists what does, by stack and logical id. */

/** Log groups without an end, functions and APIs that write to a group the template does not hold. */
export function logsWithoutRetention(variant: Variant): string[] {
  return eachResource(variant, ({ Type, Properties }, template) => {
    if (Type === 'AWS::Logs::LogGroup') return Properties['RetentionInDays'] === undefined;
    if (Type === 'AWS::Lambda::Function') return !isLogGroup(template, member(Properties, 'LoggingConfig', 'LogGroup'));
    if (Type === 'AWS::ApiGateway::Stage') {
      return !isLogGroup(template, member(Properties, 'AccessLogSetting', 'DestinationArn'));
    }
    return false;
  });
}

/** Policies that allow every action, or every action of a service, and managed policies that we did not choose. */
export function broadActions(variant: Variant): string[] {
  return eachResource(variant, ({ Type, Properties }) => {
    const documents = [
      Properties['PolicyDocument'],
      ...list(Properties['Policies']).map((policy) => member(policy, 'PolicyDocument')),
    ];
    const isBroad = documents.some((document) => list(member(document, 'Statement')).some(allowsEverything));
    const managed = Type.startsWith('AWS::IAM::') ? list(Properties['ManagedPolicyArns']) : [];
    return (Type.startsWith('AWS::IAM::') && isBroad) || managed.some((arn) => !isChosenPolicy(arn));
  });
}

/** Tables without the keys, TTL, stream, recovery and protection that `lambdas/store/tables.ts` and the settings promise. */
export function unprotectedTables(variant: Variant): string[] {
  const keepsData = variant.config.dataProtection === 'retain';
  return eachResource(variant, (resource, _template, id) => {
    if (resource.Type !== 'AWS::DynamoDB::GlobalTable') return false;
    const found = describeTable(resource);
    const expected = promiseOf(definitionOf(id), keepsData, variant.config.recoveryPeriodInDays);
    return JSON.stringify(found) !== JSON.stringify(expected);
  });
}

/** Function URLs, and permissions by which whoever likes may invoke a function. */
export function publicFunctions(variant: Variant): string[] {
  return eachResource(variant, ({ Type, Properties }) => {
    if (Type === 'AWS::Lambda::Url') return true;
    return Type === 'AWS::Lambda::Permission' && Properties['Principal'] === '*';
  });
}

/** Stateful resources that go with their stack although data is to be kept. */
export function disposableData(variant: Variant): string[] {
  const stateful = ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::Cognito::UserPool'];
  const expected = variant.config.dataProtection === 'retain' ? 'Retain' : 'Delete';
  return eachResource(variant, ({ Type, DeletionPolicy, UpdateReplacePolicy }) => {
    return stateful.includes(Type) && (DeletionPolicy !== expected || UpdateReplacePolicy !== expected);
  });
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export function beyondQuotas({ templates }: Variant): string[] {
  return Object.entries(templates).flatMap(([name, template]) => {
    const sizes = [
      ['resources', Object.keys(template.Resources).length, 500],
      ['outputs', Object.keys(template.Outputs).length, 200],
      ['bytes', Buffer.byteLength(JSON.stringify(template)), 1_000_000],
    ] as const;
    return sizes.filter(([, size, most]) => size > most).map(([what, size]) => `${name}: ${size} ${what}`);
  });
}

function eachResource(
  { templates }: Variant,
  isFault: (resource: Resource, template: VariantTemplate, id: string) => boolean,
): string[] {
  return Object.entries(templates).flatMap(([stack, template]) =>
    Object.entries(template.Resources)
      .filter(([id, resource]) => isFault(resource, template, id))
      .map(([id]) => `${stack}/${id}`),
  );
}

function member(value: unknown, ...path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  return typeof value === 'object' && value !== null
    ? member((value as Record<string, unknown>)[name], ...rest)
    : undefined;
}

function list(value: unknown): unknown[] {
  return value === undefined ? [] : [value].flat();
}

/** Whether the reference is made of a log group of the template, by name or by ARN. */
function isLogGroup({ Resources }: VariantTemplate, reference: unknown): boolean {
  const ids = [...JSON.stringify(reference ?? '').matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)].map(
    ([, id]) => id ?? '',
  );
  return ids.some((id) => Resources[id]?.Type === 'AWS::Logs::LogGroup');
}

function allowsEverything(statement: unknown): boolean {
  if (member(statement, 'Effect') !== 'Allow') return false;
  const actions = list(member(statement, 'Action'));
  return actions.length === 0 || actions.some((action) => String(action).includes('*'));
}

/** API Gateway's own role for its logs: one for the whole account, which AWS offers no narrower policy for. */
function isChosenPolicy(arn: unknown): boolean {
  return /:iam::aws:policy\/service-role\/AmazonAPIGatewayPushToCloudWatchLogs"/.test(JSON.stringify(arn));
}

function definitionOf(id: string): TableDefinition {
  const name = Object.keys(definitions).find((one) =>
    new RegExp(`^(DataPlane${one}Table|ControlPlaneTables${one})[0-9A-F]{8}$`, 'i').test(id),
  );
  if (name === undefined) throw new Error(`no definition of the table ${id}`);
  return definitions[name as TableName];
}

interface TablePromise {
  readonly keys: readonly unknown[];
  readonly expires: unknown;
  readonly stream: unknown;
  readonly recoveryDays: unknown;
  readonly deletionProtection: unknown;
}

function promiseOf(definition: TableDefinition, keepsData: boolean, recoveryDays: number): TablePromise {
  return {
    keys: [definition.partitionKey, definition.sortKey].filter((key) => key !== undefined),
    expires: definition.timeToLiveAttribute ?? null,
    stream: definition.stream === undefined ? null : definition.stream.replaceAll('-', '_').toUpperCase(),
    recoveryDays: definition.recovery === 'ledger' ? recoveryDays : null,
    deletionProtection: keepsData,
  };
}

function describeTable({ Properties }: Resource): TablePromise {
  const [replica, ...others] = list(Properties['Replicas']);
  const recovery = member(replica, 'PointInTimeRecoverySpecification');
  const expiry = Properties['TimeToLiveSpecification'];
  if (others.length > 0) throw new Error('expected one replica');
  return {
    keys: list(Properties['KeySchema']).map((key) => member(key, 'AttributeName')),
    expires: member(expiry, 'Enabled') === true ? member(expiry, 'AttributeName') : null,
    stream: member(Properties['StreamSpecification'], 'StreamViewType') ?? null,
    recoveryDays:
      member(recovery, 'PointInTimeRecoveryEnabled') === true ? member(recovery, 'RecoveryPeriodInDays') : null,
    deletionProtection: member(replica, 'DeletionProtectionEnabled') ?? false,
  };
}
