import * as z from 'zod';
import {
  account,
  type Call,
  applies,
  isAllowed,
  matches,
  parseStatement,
  requireTemplate,
  resolve,
  type Statement,
  type Templates,
} from './iam-evaluator.ts';

/** Policies of resources: who may use a key, send to a queue, assume a role. */

export interface ResourceStatement extends Statement {
  /** `*`, an ARN of an account or role, or the name of a service. */
  readonly principals: readonly string[];
}

const documentSchema = z.object({ Statement: z.array(z.looseObject({ Principal: z.unknown() })) });
const oneOrMore = z.union([z.unknown().array(), z.unknown().transform((value) => [value])]);
const principalSchema = z.union([z.literal('*'), z.partialRecord(z.enum(['AWS', 'Service', 'Federated']), oneOrMore)]);

/** Where the types of our templates keep their policy. */
const documentsOf: Readonly<Record<string, readonly string[]>> = {
  'AWS::IAM::Role': ['AssumeRolePolicyDocument'],
  'AWS::KMS::Key': ['KeyPolicy'],
  'AWS::SNS::TopicPolicy': ['PolicyDocument'],
  'AWS::SQS::QueuePolicy': ['PolicyDocument'],
};

/** Statements of the policy that a resource carries. */
export function resourceStatements(templates: Templates, stack: string, logicalId: string): ResourceStatement[] {
  const { Type, Properties } = requireResource(templates, stack, logicalId);
  const documents = (documentsOf[Type] ?? []).map((name) => documentSchema.parse(Properties[name]));
  if (documents.length === 0) throw new Error(`the evaluator knows no policy of a ${Type}`);
  const resolveValue = (value: unknown): string => resolve(templates, stack, value);
  return documents.flatMap(({ Statement }) =>
    Statement.map(({ Principal, ...statement }) => ({
      // A trust policy is about the role itself and names no resource.
      ...parseStatement({ Resource: '*', ...statement }, resolveValue),
      principals: principalsOf(Principal, resolveValue),
    })),
  );
}

/**
 * Whether a principal of the account with these rights of its own may make a call on a key: the key policy must let rights of the
 * account's principals count, and neither side may refuse.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
 */
export function isAllowedOnKey(
  keyPolicy: readonly ResourceStatement[],
  caller: { readonly arn: string; readonly statements: readonly Statement[] },
  call: Call,
): boolean {
  const context = { ...call.context, 'aws:PrincipalArn': [caller.arn] };
  // In a key policy, `*` is the key itself.
  const applying = keyPolicy.filter(
    (statement) =>
      statement.principals.some((who) => isPrincipal(who, caller.arn)) && applies(statement, { ...call, context }),
  );
  const direct = applying.find(({ effect, principals }) => effect === 'Allow' && !principals.some(isAccount));
  if (direct !== undefined) throw new Error('the evaluator knows no key policy that allows somebody by itself');
  const delegates = applying.some(({ effect }) => effect === 'Allow');
  const refuses = applying.some(({ effect }) => effect === 'Deny');
  return delegates && !refuses && isAllowed(caller.statements, { ...call, context });
}

function isPrincipal(who: string, arn: string): boolean {
  return who === '*' || isAccount(who) || matches(who, arn);
}

/** An account stands for every principal in it, each by its own policies. */
function isAccount(who: string): boolean {
  return who === `arn:aws:iam::${account}:root`;
}

function principalsOf(value: unknown, resolveValue: (value: unknown) => string): string[] {
  const principal = principalSchema.parse(value);
  return principal === '*' ? ['*'] : Object.values(principal).flatMap((values) => (values ?? []).map(resolveValue));
}

function requireResource(templates: Templates, stack: string, logicalId: string) {
  const resource = requireTemplate(templates, stack).Resources[logicalId];
  if (resource === undefined) throw new Error(`${stack} has no ${logicalId}`);
  return resource;
}
