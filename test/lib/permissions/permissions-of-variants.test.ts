import { describe, expect, it } from 'vitest';
import { exampleNames, readExample, synthesizeVariant } from '../variants/variant.ts';
import { effectiveGrants } from './effective-grants.ts';
import { isAllowed, parseTemplate, statementsOf, type Templates } from './iam-evaluator.ts';
import { resourceStatements } from './iam-resource-policies.ts';
import { acknowledgedActions } from './permission-table.ts';

/** The roles of every configuration in `examples`, and of the settings that no example has. */

const configurations: [string, unknown][] = [
  ...exampleNames.map((name): [string, unknown] => [name, readExample(name)]),
  ['traces to X-Ray', { monitoring: { traces: 'xray' } }],
  ['all of Bedrock', { bedrock: 'all' }],
  ['roles in other accounts', { proxy: { assumableRoleArns: ['arn:aws:iam::444455556666:role/Bedrock'] } }],
];

function templatesOf(settings: unknown): Templates {
  return Object.fromEntries(
    Object.entries(synthesizeVariant(settings).templates).map(([stack, template]) => [stack, parseTemplate(template)]),
  );
}

function rolesOf(templates: Templates): [stack: string, id: string][] {
  return Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
      .map(([id]): [string, string] => [stack, id]),
  );
}

describe.each(configurations)('the roles of %s', (_name, settings) => {
  const templates = templatesOf(settings);

  it('have no action with a wildcard, and only acknowledged ones on a pattern of resources', () => {
    const grants = rolesOf(templates).flatMap(([stack, id]) => effectiveGrants(statementsOf(templates, stack, id)));

    const onPatterns = grants.filter(({ action, resource }) => /[*?]/.test(action + resource));
    const unexplained = onPatterns.filter(({ action }) => !(action in acknowledgedActions));
    expect(unexplained).toEqual([]);
  });

  it('are each assumed by one service of AWS and by nobody else', () => {
    const principals = rolesOf(templates).map(([stack, id]) =>
      resourceStatements(templates, stack, id).flatMap((statement) => statement.principals),
    );

    expect(principals.length).toBeGreaterThan(0);
    for (const ofRole of principals) expect(ofRole).toEqual([expect.stringMatching(/^[a-z]+\.amazonaws\.com$/)]);
  });

  it('let no code of a function touch the network, which Lambda alone does in their name', () => {
    const context = { 'lambda:SourceFunctionArn': ['arn:aws:lambda:eu-west-1:111122223333:function:any'] };
    const touching = rolesOf(templates).flatMap(([stack, id]) => {
      const statements = statementsOf(templates, stack, id);
      return effectiveGrants(statements).filter(
        ({ action, resource }) => action.startsWith('ec2:') && isAllowed(statements, { action, resource, context }),
      );
    });

    expect(touching).toEqual([]);
  });
});
