import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { ControlPlane } from '../../../lib/control-plane/control-plane.ts';
import { dataPlaneOfRegion } from '../../../lib/control-plane/data-plane-of-region.ts';
import { DataPlane } from '../../../lib/data-plane/data-plane.ts';
import type { DataPlaneProps } from '../../../lib/data-plane/data-plane.ts';
import { bundlesFolder, featureFlags, resourcesOf } from '../synthesize.ts';

/** A control plane in eu-west-1 that manages a data plane of us-west-2, without the settings of `ControlPlaneStack`. */
function synthesizeBoth(props: (stack: Stack) => DataPlaneProps = () => ({})) {
  const app = new App({ context: featureFlags, analyticsReporting: false });
  const away = new Stack(app, 'Away', { env: { region: 'us-west-2' } });
  const home = new Stack(app, 'Home', { env: { region: 'eu-west-1' } });
  const dataPlane = new DataPlane(away, 'DataPlane', { ...props(away), bundlesPath: bundlesFolder() });
  new ControlPlane(home, 'ControlPlane', {
    dataPlanes: [dataPlaneOfRegion(home, 'us-west-2', dataPlane)],
    bundlesPath: bundlesFolder(),
  });
  app.synth();
  return { home: Template.fromStack(home), away: Template.fromStack(away), homeStack: home, awayStack: away };
}

function policiesOf(template: Template): string {
  return JSON.stringify(resourcesOf(template, 'AWS::IAM::Policy'));
}

describe('dataPlaneOfRegion', () => {
  it('needs no physical name for a table or key of the other region', () => {
    const { away } = synthesizeBoth();

    const tables = Object.values(resourcesOf(away, 'AWS::DynamoDB::GlobalTable'));

    expect(tables).toHaveLength(6);
    expect(tables.filter(({ Properties }) => 'TableName' in Properties)).toEqual([]);
  });

  it('reads every ARN in a policy from an output that the other stack has', () => {
    const { home, away } = synthesizeBoth();

    const read = [
      ...policiesOf(home).matchAll(/"StackName":"Away"[^}]*"OutputName":"(\w+)"|"OutputName":"(\w+)"/g),
    ].map(([, one, other]) => one ?? other ?? '');

    const outputs = Object.keys(away.findOutputs('*'));
    expect(new Set(read).size).toBeGreaterThanOrEqual(7);
    expect(read.filter((name) => !outputs.includes(name))).toEqual([]);
  });

  it('is deployed after the other stack, by itself', () => {
    const { homeStack, awayStack } = synthesizeBoth();

    const { dependencies } = homeStack;

    expect(dependencies).toContain(awayStack);
  });

  it('takes imported tables and keys by the names they have', () => {
    const keyArn = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd';

    const { home } = synthesizeBoth((stack) => ({
      tables: { meter: TableV2.fromTableName(stack, 'Meter', 'the-meter') },
      vaultKey: Key.fromKeyArn(stack, 'Key', keyArn),
    }));

    expect(policiesOf(home)).toMatch(/:dynamodb:us-west-2:.*:table\/the-meter"/);
    expect(policiesOf(home)).toContain(`"${keyArn}"`);
  });

  it('lets the functions use the key of tables by DynamoDB of the other region', () => {
    const keyArn = 'arn:aws:kms:us-west-2:111122223333:key/5678abcd';

    const { home } = synthesizeBoth((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'TableKey', keyArn) }));

    expect(policiesOf(home)).toContain('"kms:ViaService":"dynamodb.us-west-2.amazonaws.com"');
    expect(policiesOf(home)).not.toContain('"kms:ViaService":"dynamodb.eu-west-1.amazonaws.com"},"Resource":"arn');
  });
});
