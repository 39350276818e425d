import * as z from 'zod';
import { openSecret } from '../../lambdas/crypto/envelope.ts';
import type { KeyUnwrapper } from '../../lambdas/crypto/key-wrapper.ts';
import type { SealedCredential } from '../../lambdas/store/vault.ts';
import type { Check, DeployedStack, Deployment, Finding } from './check.ts';
import { requireFunction } from './stack-resources.ts';

/** What templates ask for, emulators ignore, and only the account knows to be there: read with the AWS command line tool. */
export const awsChecks: readonly Check[] = [
  {
    id: 'stacks-in-sync',
    claim: 'every stack is deployed and nothing was changed beside it',
    needs: ['aws'],
    async verify(deployment) {
      const seen: string[] = [];
      for (const stack of deployment.stacks) seen.push(`${stack.name} ${await driftOf(deployment, stack)}`);
      return { passed: seen.every((line) => line.endsWith(' IN_SYNC')), seen: seen.join(', ') };
    },
  },
  {
    id: 'retention',
    claim: 'DynamoDB deletes request records by their `expiresAt`',
    needs: ['aws'],
    verify: async (deployment) => {
      const answer = await deployment.aws('dynamodb describe-time-to-live', {
        'table-name': tableOf(deployment, 'Requests'),
      });
      const { TimeToLiveDescription: ttl } = timeToLive.parse(answer);
      const passed = ttl.TimeToLiveStatus === 'ENABLED' && ttl.AttributeName === 'expiresAt';
      return { passed, seen: `${ttl.TimeToLiveStatus} ${ttl.AttributeName ?? ''}` };
    },
  },
  {
    id: 'recovery',
    claim: 'meters, secrets and usage can be brought back to any second of the last days, policy and requests cannot',
    needs: ['aws'],
    async verify(deployment) {
      const expected = {
        Meter: 'ENABLED',
        Vault: 'ENABLED',
        Usage: 'ENABLED',
        Policy: 'DISABLED',
        Requests: 'DISABLED',
      };
      const seen: string[] = [];
      let passed = true;
      for (const [table, status] of Object.entries(expected)) {
        const found = await recoveryOf(deployment, tableOf(deployment, table));
        seen.push(`${table} ${found}`);
        passed &&= found === status;
      }
      return { passed, seen: seen.join(', ') };
    },
  },
  {
    id: 'deletion-protection',
    claim: 'no table can be deleted by mistake',
    needs: ['aws'],
    async verify(deployment) {
      const open: string[] = [];
      for (const name of Object.keys(deployment.outputs).filter((output) => output.endsWith('TableName'))) {
        const answer = await deployment.aws('dynamodb describe-table', { 'table-name': outputOf(deployment, name) });
        const { Table } = z.object({ Table: z.object({ DeletionProtectionEnabled: z.boolean() }) }).parse(answer);
        if (!Table.DeletionProtectionEnabled) open.push(name);
      }
      return { passed: open.length === 0, seen: open.length === 0 ? 'all protected' : `open: ${open.join(', ')}` };
    },
  },
  {
    id: 'key-rotation',
    claim: 'the vault key gets new material every year',
    needs: ['aws'],
    async verify(deployment) {
      const key = outputOf(deployment, 'VaultKeyArn');
      const answer = await deployment.aws('kms get-key-rotation-status', { 'key-id': key });
      const { KeyRotationEnabled } = z.object({ KeyRotationEnabled: z.boolean() }).parse(answer);
      return { passed: KeyRotationEnabled, seen: `rotation ${KeyRotationEnabled ? 'on' : 'off'}` };
    },
  },
  {
    id: 'administrators-cannot-decrypt',
    claim: 'the identity that runs these checks, an administrator as a rule, cannot open a stored credential',
    needs: ['aws'],
    async verify(deployment) {
      const { sealed, context } = await storeCredential(deployment);
      const asUs: KeyUnwrapper = {
        unwrapDataKey: async (wrapped) => {
          const contextText = Object.entries(context).map((pair) => pair.join('='));
          await deployment.aws('kms decrypt', {
            'ciphertext-blob': wrapped.toString('base64'),
            'encryption-context': contextText.join(','),
          });
          throw new Error('the data key was handed out');
        },
      };
      const message = await refusalOf(openSecret(sealed, context, asUs));
      return { passed: message.includes('(AccessDeniedException)'), seen: errorName(message) };
    },
  },
  ...forbiddenCalls([
    { id: 'proxy-cannot-write-policy', function: 'Proxy', action: 'dynamodb:PutItem', table: 'Policy' },
    { id: 'proxy-cannot-list-policy', function: 'Proxy', action: 'dynamodb:Scan', table: 'Policy' },
    { id: 'admin-cannot-open-vault', function: 'Admin', action: 'kms:Decrypt', table: undefined },
  ]),
  {
    id: 'usage-mapping',
    claim: 'the stream of request records is read with a tumbling window, on which exact sums rest',
    needs: ['aws'],
    async verify(deployment) {
      const { physicalId, region } = await requireFunction(deployment, 'UsageRollup');
      const answer = await deployment.aws('lambda list-event-source-mappings', { 'function-name': physicalId, region });
      const [mapping] = mappings.parse(answer).EventSourceMappings;
      const passed = mapping?.State === 'Enabled' && mapping.TumblingWindowInSeconds === 60;
      return { passed, seen: `${mapping?.State}, window ${mapping?.TumblingWindowInSeconds} s` };
    },
  },
  {
    id: 'metrics',
    claim: 'CloudWatch finds our metrics in the log lines',
    needs: ['aws'],
    async verify({ aws }) {
      const answer = await aws('cloudwatch list-metrics', { namespace: 'Gatehouse' });
      const names = new Set(metricList.parse(answer).Metrics.map(({ MetricName }) => MetricName));
      return { passed: names.has('gatehouse.overhead'), seen: `${names.size} metrics` };
    },
  },
];

const timeToLive = z.object({
  TimeToLiveDescription: z.object({ TimeToLiveStatus: z.string(), AttributeName: z.string().optional() }),
});
const mappings = z.object({
  EventSourceMappings: z.array(z.object({ State: z.string(), TumblingWindowInSeconds: z.number().optional() })),
});
const metricList = z.object({ Metrics: z.array(z.object({ MetricName: z.string() })) });

interface ForbiddenCall {
  readonly id: string;
  /** Part of the function's logical id. */
  readonly function: string;
  readonly action: string;
  /** The vault key where there is none. */
  readonly table: string | undefined;
}

/** IAM's own answer about roles as they are now, with everything that was attached to them since. */
function forbiddenCalls(calls: readonly ForbiddenCall[]): Check[] {
  return calls.map((call) => ({
    id: call.id,
    claim: `IAM denies the ${call.function.toLowerCase()} function ${call.action} by an explicit Deny`,
    needs: ['aws'] as const,
    async verify(deployment): Promise<Finding> {
      const { physicalId, region: at } = await requireFunction(deployment, call.function);
      const parameters = { 'function-name': physicalId, region: at };
      const configuration = await deployment.aws('lambda get-function-configuration', parameters);
      const { Role } = z.object({ Role: z.string() }).parse(configuration);
      const key = outputOf(deployment, 'VaultKeyArn');
      const [, , , region, account] = key.split(':');
      const resource =
        call.table === undefined
          ? key
          : `arn:aws:dynamodb:${region}:${account}:table/${tableOf(deployment, call.table)}`;
      const simulated = await deployment.aws('iam simulate-principal-policy', {
        'policy-source-arn': Role,
        'action-names': call.action,
        'resource-arns': resource,
      });
      const decision = z
        .object({ EvaluationResults: z.array(z.object({ EvalDecision: z.string() })).min(1) })
        .parse(simulated).EvaluationResults[0]?.EvalDecision;
      return { passed: decision === 'explicitDeny', seen: decision ?? 'no answer' };
    },
  }));
}

const longestDetectionMs = 5 * 60_000;

async function driftOf({ aws }: Deployment, { name, region }: DeployedStack): Promise<string> {
  const started = await aws('cloudformation detect-stack-drift', { 'stack-name': name, region });
  const { StackDriftDetectionId: id } = z.object({ StackDriftDetectionId: z.string() }).parse(started);
  const parameters = { 'stack-drift-detection-id': id, region };
  for (const deadline = Date.now() + longestDetectionMs; Date.now() < deadline; await pause(3000)) {
    const answer = await aws('cloudformation describe-stack-drift-detection-status', parameters);
    const { DetectionStatus, StackDriftStatus } = z
      .object({ DetectionStatus: z.string(), StackDriftStatus: z.string().optional() })
      .parse(answer);
    if (DetectionStatus !== 'DETECTION_IN_PROGRESS') return StackDriftStatus ?? DetectionStatus;
  }
  return 'still looking after five minutes';
}

async function recoveryOf({ aws }: Deployment, table: string): Promise<string> {
  const answer = await aws('dynamodb describe-continuous-backups', { 'table-name': table });
  return z
    .object({
      ContinuousBackupsDescription: z.object({
        PointInTimeRecoveryDescription: z.object({ PointInTimeRecoveryStatus: z.string() }),
      }),
    })
    .parse(answer).ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus;
}

const tableOf = (deployment: Deployment, table: string): string => outputOf(deployment, `${table}TableName`);

function outputOf({ outputs }: Deployment, name: string): string {
  const value = outputs[name];
  if (value === undefined) throw new Error(`the stacks have no output ${name}`);
  return value;
}

/** Stores a secret that opens nothing, and reads what lies in the vault then. */
async function storeCredential(deployment: Deployment): Promise<SealedCredential> {
  const { admin, workspace } = deployment;
  const parameters = { workspace, provider: 'openai' };
  await admin.call('putCredential', { parameters, body: { secret: 'verification-only-opens-nothing' } });
  const key = JSON.stringify({ pk: { S: `workspace#${workspace}` }, sk: { S: 'openai#1' } });
  const answer = await deployment.aws('dynamodb get-item', { 'table-name': tableOf(deployment, 'Vault'), key });
  const { Item } = vaultItem.parse(answer);
  return {
    sealed: Buffer.from(Item.sealed.B, 'base64'),
    context: JSON.parse(Item.context.S) as SealedCredential['context'],
  };
}

const vaultItem = z.object({
  Item: z.object({ sealed: z.object({ B: z.string() }), context: z.object({ S: z.string() }) }),
});

/** What was said on failing; empty where nothing failed. */
async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

/** `AccessDeniedException` of `An error occurred (AccessDeniedException) when ...`. */
function errorName(message: string): string {
  return /\((\w+)\)/.exec(message)?.[1] ?? 'not refused by KMS';
}

function pause(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds);
  return promise;
}
