import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { identityStatements, resourcesOf } from '../synthesize.ts';
import { monitoredStacks } from './monitored-stacks.ts';

const collector = 'https://otel.example.com/v1/traces';

function traceVariables(template: Template): Record<string, string> {
  const functions = Object.entries(resourcesOf(template, 'AWS::Lambda::Function'));
  const variables = functions
    .filter(([id]) => id.startsWith('DataPlaneProxy'))
    .map(([, { Properties }]) => (Properties['Environment'] as { Variables: Record<string, string> }).Variables);
  return Object.fromEntries(variables.flatMap(Object.entries).filter(([name]) => name.includes('TRACES')));
}

function xrayActions(template: Template): string[] {
  return identityStatements(template)
    .flatMap(({ actions }) => actions)
    .filter((action) => action.startsWith('xray:'));
}

describe('the setting `monitoring.traces`', () => {
  it.each([
    ['none', {}, []],
    ['xray', { TRACES_TO_XRAY: 'true' }, ['xray:PutSpans', 'xray:PutSpansForIndexing', 'xray:PutTraceSegments']],
    [{ endpoint: collector }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector }, []],
  ] as const)('%j gives the proxy its variable and no right beyond writing spans', (traces, variables, actions) => {
    const { dataPlane } = monitoredStacks({ monitoring: { traces } });

    const found = { variables: traceVariables(dataPlane), actions: xrayActions(dataPlane) };

    expect(found).toEqual({ variables, actions });
  });
});
