import { describeCondition, effectiveGrants } from './effective-grants.ts';
import type { Statement } from './iam-evaluator.ts';
import { type NeverRow, neverTable, type Sentence, sentences } from './never-table.ts';
import { nameOfArn, type RoleName, roleNames, roleStatements } from './permission-catalog.ts';
import { acknowledgedWildcards, permissionTable } from './permission-table.ts';
import { separationRules } from './plane-separation.ts';

/** `docs/permissions.md`, from what the default deployment's templates come to. */
export function permissionDocument(): string {
  return [
    introduction,
    '## What each role may do\n',
    ...roleNames.map(roleSection),
    wildcardSection(),
    '## What must never be\n',
    neverIntroduction,
    ...(Object.keys(sentences) as Sentence[]).map(sentenceSection),
    resourceSection,
  ].join('\n');
}

const introduction = `# Permissions

Every role that a default deployment makes, evaluated from its synthesized templates as IAM does it: an explicit Deny, else an Allow, else
no. \`npm run permissions\` writes this page; a test fails while it is not what the templates come to, and another when a role may do
anything that is not in \`test/lib/permissions/permission-table.ts\`. Why the evaluator is our own: [0027](decisions/0027-permission-table.md).

Left out: the roles that \`cdk bootstrap\` makes, which deploy, and the operators of the account. Where the last column says something, a
call without it is refused.
`;

const neverIntroduction = `\`denied\`: an explicit Deny refuses it, and goes on doing so when somebody attaches \`dynamodb:*\`, \`kms:*\`, \`lambda:*\` and
\`secretsmanager:*\` on everything to the role. \`not granted\`: nothing allows it. Each row was seen to fail: \`permission-table.test.ts\` takes
the Deny away, or adds the Allow, in a copy of the templates and expects every action of the row to go through.
`;

const resourceSection = `## Policies of resources

| Resource | Says |
| --- | --- |
| vault key | principals of the account by their own policies, but \`kms:Decrypt\`, \`kms:ReEncryptFrom\` and \`kms:CreateGrant\` for the proxy's role only |
| table key | principals of the account by their own policies |
| failure queues | no call without TLS |
| alarm topic | no message without TLS; alarms of this account may publish |
| functions | \`lambda:InvokeFunction\` on the alias \`live\`, by API Gateway for the API of the same plane |
`;

function roleSection(name: RoleName): string {
  const { purpose, service, trustConditions, trustReason } = permissionTable[name];
  const conditions =
    trustConditions.length === 0 ? '' : ` with ${trustConditions.map((key) => `\`${key}\``).join(' and ')}`;
  const rows = grantRows(roleStatements(name));
  return [
    `### ${name}\n`,
    `${purpose} Assumed by \`${service}\`${conditions} and nobody else. ${trustReason}\n`,
    '| On | May | Only if |',
    '| --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n');
}

/** Actions on the same resource under the same condition share a row. */
function grantRows(statements: readonly Statement[]): string[][] {
  const rows = Map.groupBy(effectiveGrants(statements), ({ resource, condition }) =>
    JSON.stringify([nameOfArn(resource), describeCondition(condition)]),
  );
  return [...rows].map(([key, grants]) => {
    const [resource = '', condition = ''] = JSON.parse(key) as string[];
    const actions = [...new Set(grants.map(({ action }) => action))].toSorted((a, b) => a.localeCompare(b));
    return [resource, codes(actions), condition];
  });
}

function wildcardSection(): string {
  return [
    '## Rights on everything\n',
    'No action has a `*` in it. These are not on one resource:\n',
    '| Role | May | Why |',
    '| --- | --- | --- |',
    ...acknowledgedWildcards.map(({ role, actions, reason }) => `| ${role} | \`${actions}\` | ${reason} |`),
    '',
  ].join('\n');
}

function sentenceSection(sentence: Sentence): string {
  const rows = neverTable.filter((row) => row.sentence === sentence);
  const rules = separationRules.filter((rule) => rule.sentence === sentence);
  return [
    `### ${sentences[sentence]}\n`,
    ...(rows.length === 0
      ? []
      : ['| Who | Never | On | Held by | Because |', '| --- | --- | --- | --- | --- |', ...rows.map(neverRow), '']),
    ...rules.map(({ rule, because }) => `- ${rule}: ${because.charAt(0).toLowerCase()}${because.slice(1)}`),
    ...(rules.length === 0 ? [] : ['']),
  ].join('\n');
}

function neverRow({ who, actions, on, held, because }: NeverRow): string {
  return `| ${who} | ${codes(actions)} | ${on} | ${held} | ${because} |`;
}

function codes(actions: readonly string[]): string {
  return actions.map((action) => `\`${action}\``).join(', ');
}
