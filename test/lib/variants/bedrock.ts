import { expect } from 'vitest';
import { type Call, isAllowed, parseTemplate, type Statement, statementsOf } from '../permissions/iam-evaluator.ts';
import type { Claims, Variant } from './variant.ts';

const ofAws = 'arn:aws:bedrock';
const european = `${ofAws}:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-5`;
const worldwide = `${ofAws}:eu-west-1:111122223333:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0`;
const sonnetIn = (region: string) => `${ofAws}:${region}::foundation-model/anthropic.claude-sonnet-5`;
const haikuIn = (region: string) => `${ofAws}:${region}::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0`;

function rolesOf({ templates }: Variant): [id: string, statements: Statement[]][] {
  const parsed = Object.fromEntries(Object.entries(templates).map(([name, one]) => [name, parseTemplate(one)]));
  return Object.entries(parsed).flatMap(([name, { Resources }]) =>
    Object.keys(Resources)
      .filter((id) => Resources[id]?.Type === 'AWS::IAM::Role')
      .map((id): [string, Statement[]] => [id, statementsOf(parsed, name, id)]),
  );
}

function proxyMay(variant: Variant, resource: string, through?: string): boolean {
  const [, statements] = rolesOf(variant).find(([id]) => id.startsWith('DataPlaneProxyRole')) ?? [];
  const calls = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'].map((action): Call => ({
    action,
    resource,
    ...(through !== undefined && { context: { 'bedrock:InferenceProfileArn': [through] } }),
  }));
  const verdicts = new Set(calls.map((call) => isAllowed(statements ?? [], call)));
  expect(verdicts.size).toBe(1);
  return verdicts.has(true);
}

export const bedrock: Claims = {
  'lets the proxy call a model in its region, and through a profile its models wherever they are': (variant) => {
    expect(proxyMay(variant, `${ofAws}:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0`)).toBe(true);
    expect(proxyMay(variant, european)).toBe(true);
    expect(proxyMay(variant, sonnetIn('eu-west-3'), european)).toBe(true);
    expect(proxyMay(variant, worldwide)).toBe(true);
    expect(proxyMay(variant, haikuIn('eu-west-1'), worldwide)).toBe(true);
    expect(proxyMay(variant, haikuIn(''), worldwide)).toBe(true);
  },
  'keeps a model of a profile from being called by itself, or through another profile': (variant) => {
    expect(proxyMay(variant, sonnetIn('eu-west-1'))).toBe(false);
    expect(proxyMay(variant, sonnetIn('us-east-1'))).toBe(false);
    expect(proxyMay(variant, sonnetIn('us-east-1'), worldwide)).toBe(false);
    expect(proxyMay(variant, haikuIn('us-east-1'), worldwide)).toBe(false);
  },
  'lets it call no other model, profile or account’s profile': (variant) => {
    for (const other of [
      `${ofAws}:eu-west-1::foundation-model/amazon.nova-pro-v1:0`,
      `${ofAws}:eu-central-1::foundation-model/amazon.titan-embed-text-v2:0`,
      european.replace('eu.anthropic', 'us.anthropic'),
      european.replace('111122223333', '444455556666'),
    ]) {
      expect(proxyMay(variant, other)).toBe(false);
    }
  },
  'gives Bedrock to no other role, and to this one nothing but the two ways to call a model': (variant) => {
    const allowing = rolesOf(variant).flatMap(([id, statements]) =>
      statements
        .filter(({ effect }) => effect === 'Allow')
        .flatMap(({ actions }) =>
          actions.filter((action) => action.startsWith('bedrock')).map((action) => [id, action]),
        ),
    );
    expect(new Set(allowing.map(([id]) => id?.replace(/[0-9A-F]{8}$/, '')))).toEqual(new Set(['DataPlaneProxyRole']));
    expect(new Set(allowing.map(([, action]) => action))).toEqual(
      new Set(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']),
    );
  },
};
