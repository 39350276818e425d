import * as z from 'zod';
import { managedPolicies } from './aws-managed-policies.ts';

/**
 * Decides what the roles of synthesized templates may do, as IAM does it: an explicit Deny, else an explicit Allow, else no. It
 * knows what our templates use and throws on anything else, so that it never passes what it did not understand.
 */

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const anything = z.union([z.unknown().array(), z.unknown().transform((value) => [value])]);

const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: anything.optional(),
  NotResource: anything.optional(),
  Condition: z.record(z.string(), z.record(z.string(), anything)).optional(),
});

const documentSchema = z.object({ Statement: z.array(z.unknown()) });

const policySchema = z.object({
  PolicyDocument: documentSchema,
  Roles: z.array(z.object({ Ref: z.string() })),
});

/** What a role carries itself. */
const roleSchema = z.object({
  ManagedPolicyArns: z.array(z.unknown()).default([]),
  Policies: z.array(z.object({ PolicyDocument: documentSchema })).default([]),
});

const templateSchema = z.object({
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

export type StackTemplate = z.infer<typeof templateSchema>;
/** Templates by stack name, since a stack refers to another one by it. */
export type Templates = Readonly<Record<string, StackTemplate>>;

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Whether it is about everything but `resources`. */
  readonly elsewhere: boolean;
  readonly condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface Call {
  readonly action: string;
  /** As `resourceName` gives it. */
  readonly resource: string;
  /** Condition keys of the call. */
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

export function parseTemplate(template: unknown): StackTemplate {
  return templateSchema.parse(template);
}

/** What stands for the ARN of a resource of one of the templates. */
export function resourceName(stack: string, logicalId: string): string {
  return `arn:${stack}/${logicalId}`;
}

/** Statements of every policy of a role: attached, its own, and those of AWS. */
export function statementsOf(templates: Templates, stack: string, roleId: string): Statement[] {
  const resources = requireTemplate(templates, stack).Resources;
  const { ManagedPolicyArns, Policies } = roleSchema.parse(resources[roleId]?.Properties);
  const attached = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy')
    .map(({ Properties }) => policySchema.parse(Properties))
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === roleId));
  const ofAws = ManagedPolicyArns.map((arn) => managedStatements(resolve(templates, stack, arn)));
  return [...[...attached, ...Policies].flatMap(({ PolicyDocument }) => PolicyDocument.Statement), ...ofAws.flat()].map(
    (statement) => parseStatement(statement, (value) => resolve(templates, stack, value)),
  );
}

function managedStatements(arn: string): readonly unknown[] {
  const statements = managedPolicies[arn];
  if (statements === undefined) throw new Error(`the evaluator does not know the managed policy ${arn}`);
  return statements;
}

export function isAllowed(statements: readonly Statement[], call: Call): boolean {
  const applying = statements.filter((statement) => applies(statement, call));
  return applying.some(({ effect }) => effect === 'Allow') && !applying.some(({ effect }) => effect === 'Deny');
}

export function parseStatement(value: unknown, resolveValue: (value: unknown) => string): Statement {
  const { Effect, Action, Resource, NotResource, Condition } = statementSchema.parse(value);
  const resources = Resource ?? NotResource;
  if (resources === undefined) throw new Error('a statement names no resource');
  return {
    effect: Effect,
    actions: Action,
    resources: resources.map(resolveValue),
    elsewhere: Resource === undefined,
    condition: resolveCondition(Condition ?? {}, resolveValue),
  };
}

function resolveCondition(
  condition: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>,
  resolveValue: (value: unknown) => string,
): Statement['condition'] {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, values.map(resolveValue)])),
    ]),
  );
}

export function applies({ actions, resources, elsewhere, condition }: Statement, call: Call): boolean {
  const isNamed = resources.some((pattern) => matches(pattern, call.resource));
  return (
    actions.some((pattern) => matches(pattern.toLowerCase(), call.action.toLowerCase())) &&
    isNamed !== elsewhere &&
    Object.entries(condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, expected]) => holds(operator, expected, call.context?.[key])),
    )
  );
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html */
function holds(operator: string, expected: readonly string[], given: readonly string[] | undefined): boolean {
  switch (operator) {
    case 'StringEquals':
    case 'Bool':
      return given?.length === 1 && expected.includes(given[0] ?? '');
    case 'StringLike':
    case 'ArnEquals':
    case 'ArnLike':
      return given?.length === 1 && expected.some((pattern) => matches(pattern, given[0] ?? ''));
    case 'StringNotEquals':
    case 'ArnNotEquals':
      // Negated, an operator holds for a key that is not there.
      return !(given?.length === 1 && expected.some((pattern) => matches(pattern, given[0] ?? '')));
    case 'ForAllValues:StringEquals':
      return (given ?? []).every((value) => expected.includes(value));
    case 'Null':
      // A key without a value is no key: IAM's Null is true for both.
      return expected.includes(String(given === undefined || given.length === 0));
    default:
      throw new Error(`the evaluator does not know the condition operator ${operator}`);
  }
}

export function matches(pattern: string, value: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(value);
}

/** What a value of a template stands for. */
export function resolve(templates: Templates, stack: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  const [[intrinsic, argument] = ['', undefined], ...others] = Object.entries(
    z.record(z.string(), z.unknown()).parse(value),
  );
  if (others.length > 0) throw new Error('an intrinsic function has one member');
  switch (intrinsic) {
    case 'Ref':
      return pseudoParameters[String(argument)] ?? resourceName(stack, z.string().parse(argument));
    case 'Fn::Join': {
      const [separator, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
      return parts.map((part) => resolve(templates, stack, part)).join(separator);
    }
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = z.tuple([z.string(), z.string()]).parse(argument);
      return `${resourceName(stack, logicalId)}${attribute === 'Arn' ? '' : `/${attribute}`}`;
    }
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName } = z.object({ StackName: z.string(), OutputName: z.string() }).parse(argument);
      const output = requireTemplate(templates, StackName).Outputs[OutputName];
      if (output === undefined) throw new Error(`${StackName} has no output ${OutputName}`);
      return resolve(templates, StackName, output.Value);
    }
    default:
      throw new Error(`the evaluator does not know ${intrinsic}`);
  }
}

/** The account that everything is deployed to. */
export const account = '111122223333';

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

export function requireTemplate(templates: Templates, stack: string): StackTemplate {
  const template = templates[stack];
  if (template === undefined) throw new Error(`no template of stack ${stack}`);
  return template;
}
