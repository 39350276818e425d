import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Fn } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { environmentComplaint } from '../../../lib/compute/environment-size.ts';
import { GatehouseFunction } from '../../../lib/compute/gatehouse-function.ts';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';
import { Gatehouse } from '../../../lib/gatehouse.ts';
import { bundleFolder, bundlesFolder, emptyStack, featureFlags } from '../synthesize.ts';

/** `{"A":"..."}` with a value of so many characters is Lambda's limit to the byte. */
const longestValue = 4096 - '{"A":""}'.length;

function functionWith(stack: Stack, variables: Record<string, string>): CfnFunction {
  return new CfnFunction(stack, 'Function', { code: {}, role: 'role', environment: { variables } });
}

function tableIn(stack: Stack): CfnGlobalTable {
  return new CfnGlobalTable(stack, 'Table', { keySchema: [], attributeDefinitions: [], replicas: [] });
}

describe('environmentComplaint', () => {
  it.each([
    ['as large as Lambda takes it', longestValue, undefined],
    ['a byte larger', longestValue + 1, /must not exceed 4096 bytes, got up to: 4097, of which A 4089$/],
  ])('measures an environment %s', (_case, length, expected) => {
    const resource = functionWith(emptyStack(), { A: 'x'.repeat(length) });

    const complaint = environmentComplaint(resource);

    expect(complaint ?? 'none').toMatch(expected ?? /^none$/);
  });

  it('counts quotes twice, since Lambda measures the environment as JSON', () => {
    const resource = functionWith(emptyStack(), { A: '"'.repeat(longestValue / 2 + 1) });

    const complaint = environmentComplaint(resource);

    expect(complaint).toContain('got up to: 4098');
  });

  it('counts a name that CloudFormation makes up by the longest it could be', () => {
    const stack = emptyStack();
    const generated = 'Test-Table-ABCDEFGHIJKLM'.length;
    const resource = functionWith(stack, { A: tableIn(stack).ref + 'x'.repeat(longestValue - generated + 1) });

    const complaint = environmentComplaint(resource);

    expect(complaint).toContain('got up to: 4097');
  });

  it('counts a value of another stack by what is behind its output', () => {
    const app = new App();
    const producer = new Stack(app, 'Producer', { env: { region: 'us-west-2' } });
    const stack = new Stack(app, 'Test', { env: { region: 'eu-west-1' } });
    new CfnOutput(producer, 'TableName', { value: tableIn(producer).ref });
    const generated = 'Producer-Table-ABCDEFGHIJKLM'.length;
    const name = Fn.getStackOutput('Producer', 'TableName', 'us-west-2');
    const resource = functionWith(stack, { A: name + 'x'.repeat(longestValue - generated + 1) });

    const complaint = environmentComplaint(resource);

    expect(complaint).toContain('got up to: 4097');
  });
});

describe('GatehouseFunction', () => {
  it('refuses to synthesize an environment that would not fit', () => {
    const stack = emptyStack();
    const environment = { NAME: 'x'.repeat(5000) };
    new GatehouseFunction(stack, 'Function', { codePath: bundleFolder(), description: 'test', environment });

    const synthesize = () => Template.fromStack(stack);

    expect(synthesize).toThrow(
      /the environment of a function must not exceed 4096 bytes, got up to: \d+, of which NAME/,
    );
  });
});

describe('Gatehouse', () => {
  const regions = ['ap-northeast-1', 'ap-northeast-2', 'ap-southeast-1', 'ap-southeast-2'];

  it('has room for four regions with the longest names', () => {
    const app = new App({ context: featureFlags, analyticsReporting: false });
    new Gatehouse(app, 'Gatehouse', { config: parseDeploymentConfig({ regions }), bundlesPath: bundlesFolder() });

    const synthesize = () => app.synth();

    expect(synthesize).not.toThrow();
  });

  it('says so where issuers of tokens leave no room for them', () => {
    const app = new App({ context: featureFlags, analyticsReporting: false });
    const oidcIssuers = [1, 2, 3, 4].map((number) => ({
      issuer: `https://login.example.com/tenants/${number}`,
      audiences: ['gatehouse-admin', 'another-audience'],
    }));
    const config = parseDeploymentConfig({ regions, controlPlane: { oidcIssuers } });
    new Gatehouse(app, 'Gatehouse', { config, bundlesPath: bundlesFolder() });

    const synthesize = () => app.synth();

    expect(synthesize).toThrow(/must not exceed 4096 bytes, got up to: \d+, of which DATA_PLANES \d+ and OIDC_ISSUERS/);
  });
});
