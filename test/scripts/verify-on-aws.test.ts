import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Greeting,
  type LeaveForTheEnd,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';

const run = promisify(execFile);

const cleanUps: (() => Promise<void> | void)[] = [];
const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);
let folder: string;
let greeting: Greeting;
let outputs: string;
let described: Record<string, Record<string, string>>;

beforeAll(async () => {
  folder = temporaryFolder(leaveForTheEnd);
  greeting = await startLocalProcess(quietFlags(path.join(folder, 'data')), {}, leaveForTheEnd).ready();
  outputs = path.join(folder, 'outputs.json');
  const names = ['Policy', 'Meter', 'Requests', 'Vault', 'Evidence', 'Usage'].map((name) => [`${name}TableName`, name]);
  described = {
    'Gatehouse-DataPlane-eu-west-1': {
      ProxyUrl: greeting.proxyUrl,
      VaultKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
      ...Object.fromEntries(names),
    },
    'Gatehouse-ControlPlane': { AdminUrl: greeting.adminUrl },
  };
  writeFileSync(outputs, JSON.stringify(described));
});

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

/** Runs the script as people do. Lines of the report, and the status it ended with. */
async function verify(...flags: string[]): Promise<{ status: number; lines: string[] }> {
  const environment = {
    ...process.env,
    GATEHOUSE_ADMIN_TOKEN: greeting.adminToken,
    PATH: `${folder}:${process.env['PATH']}`,
  };
  const parameters = ['scripts/verify-on-aws.ts', '--outputs', outputs, ...flags];
  const { status, stdout } = await run(process.execPath, parameters, { env: environment }).then(
    (ended) => ({ status: 0, stdout: ended.stdout }),
    (error: { code: number; stdout: string }) => ({ status: error.code, stdout: error.stdout }),
  );
  return { status, lines: stdout.trim().split('\n') };
}

/** Puts an `aws` on the path that answers each command as the account would: what no machine without an account has. */
function installAws(answers: readonly (readonly [command: string, answer: unknown])[]): void {
  const tool = path.join(folder, 'aws');
  writeFileSync(
    tool,
    `#!${process.execPath}
const answers = ${JSON.stringify(answers)};
const command = process.argv.slice(2).map((word) => (word.includes(' ') ? JSON.stringify(word) : word)).join(' ');
const found = answers.find(([start]) => command.startsWith(start));
if (typeof found?.[1] === 'object') console.log(JSON.stringify(found[1]));
else { console.error(found?.[1] ?? 'no answer for ' + command); process.exitCode = 254; }
`,
  );
  chmodSync(tool, 0o755);
}

const resources = (...types: [type: string, id: string][]) => ({
  StackResources: types.map(([ResourceType, LogicalResourceId]) => ({
    ResourceType,
    LogicalResourceId,
    PhysicalResourceId: LogicalResourceId,
  })),
});

const account = {
  'cloudformation detect-stack-drift': { StackDriftDetectionId: 'd' },
  'cloudformation describe-stack-drift-detection-status': {
    DetectionStatus: 'DETECTION_COMPLETE',
    StackDriftStatus: 'IN_SYNC',
  },
  'cloudformation describe-stack-resources --stack-name=Gatehouse-DataPlane': resources(
    ['AWS::Lambda::Function', 'DataPlaneProxy1'],
    ['AWS::Lambda::Function', 'DataPlaneUsageRollup1'],
  ),
  'cloudformation describe-stack-resources --stack-name=Gatehouse-ControlPlane': resources([
    'AWS::Lambda::Function',
    'ControlPlaneAdmin1',
  ]),
  'dynamodb describe-time-to-live': {
    TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' },
  },
  ...Object.fromEntries(
    Object.entries({ Meter: true, Vault: true, Usage: true, Policy: false, Requests: false }).map(
      ([table, enabled]) => [
        `dynamodb describe-continuous-backups --table-name=${table}`,
        {
          ContinuousBackupsDescription: {
            PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: enabled ? 'ENABLED' : 'DISABLED' },
          },
        },
      ],
    ),
  ),
  'dynamodb describe-table': { Table: { DeletionProtectionEnabled: true } },
  'kms get-key-rotation-status': { KeyRotationEnabled: true },
  'dynamodb get-item': {
    Item: {
      sealed: { B: Buffer.concat([Buffer.from([1, 0, 4]), Buffer.alloc(64)]).toString('base64') },
      context: { S: JSON.stringify({ app: 'gatehouse', organization: 'o', workspace: 'w' }) },
    },
  },
  'kms decrypt': 'An error occurred (AccessDeniedException) when calling the Decrypt operation',
  'lambda get-function-configuration': { Role: 'arn:aws:iam::111122223333:role/r' },
  'iam simulate-principal-policy': { EvaluationResults: [{ EvalDecision: 'explicitDeny' }] },
  'lambda list-event-source-mappings': { EventSourceMappings: [{ State: 'Enabled', TumblingWindowInSeconds: 60 }] },
  'cloudwatch list-metrics': { Metrics: [{ MetricName: 'gatehouse.overhead' }] },
};

const awsChecks = [
  'stacks-in-sync,retention,recovery,deletion-protection,key-rotation,administrators-cannot-decrypt',
  'proxy-cannot-write-policy,proxy-cannot-list-policy,admin-cannot-open-vault,usage-mapping,metrics',
].join(',');

describe('verify-on-aws', () => {
  it('passes, against a gateway without an edge, every check that needs none', async () => {
    const ids = 'unauthenticated,prompts-pass,too-large,forged-address,forged-origin-header';
    const model = 'sim/echo?words=60&delay=20';

    const { status, lines } = await verify(
      '--model',
      model,
      '--only',
      `${ids},streaming,record,exact-limit,revocation`,
    );

    expect(lines.filter((line) => !line.startsWith('pass'))).toEqual([]);
    expect(lines).toHaveLength(9);
    expect(status).toBe(0);
  }, 120_000);

  it('fails what only an edge does, and says what it saw', async () => {
    const { status, lines } = await verify('--only', 'reachable,attacks-blocked');

    expect(lines[0]).toMatch(/^FAIL .*reachable: .*\[200, strict-transport-security: none\]$/);
    expect(lines[1]).toMatch(/^FAIL .*attacks-blocked: .*\[401\]$/);
    expect(status).toBe(1);
  });

  it('does not take for passed what could not run', async () => {
    const { lines } = await verify('--only', 'streaming,retention');

    expect(lines).toEqual(['NOT RUN  streaming: needs --model', 'NOT RUN  retention: needs --aws']);
  });

  it('passes what the account says to be in order', async () => {
    installAws(Object.entries(account));

    const { status, lines } = await verify('--aws', '--only', awsChecks);

    expect(lines.filter((line) => !line.startsWith('pass'))).toEqual([]);
    expect(status).toBe(0);
  }, 60_000);

  it.each([
    [
      'stacks-in-sync',
      'cloudformation describe-stack-drift',
      { DetectionStatus: 'DETECTION_COMPLETE', StackDriftStatus: 'DRIFTED' },
    ],
    ['retention', 'dynamodb describe-time-to-live', { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } }],
    ['deletion-protection', 'dynamodb describe-table', { Table: { DeletionProtectionEnabled: false } }],
    ['key-rotation', 'kms get-key-rotation-status', { KeyRotationEnabled: false }],
    ['administrators-cannot-decrypt', 'kms decrypt', { Plaintext: 'AAAA' }],
    ['proxy-cannot-write-policy', 'iam simulate', { EvaluationResults: [{ EvalDecision: 'implicitDeny' }] }],
    ['usage-mapping', 'lambda list-event', { EventSourceMappings: [{ State: 'Enabled' }] }],
    ['metrics', 'cloudwatch list-metrics', { Metrics: [] }],
  ])('fails %s where the account says otherwise', async (id, command, answer) => {
    installAws([[command, answer], ...Object.entries(account)]);

    const { status, lines } = await verify('--aws', '--only', id);

    expect(lines[0]).toMatch(/^FAIL/);
    expect(status).toBe(1);
  });

  it('makes no option of what an output says', async () => {
    const name = 'Requests --endpoint-url=http://192.0.2.1';
    const { 'Gatehouse-DataPlane-eu-west-1': dataPlane, ...others } = described;
    const odd = path.join(folder, 'odd.json');
    writeFileSync(
      odd,
      JSON.stringify({ 'Gatehouse-DataPlane-eu-west-1': { ...dataPlane, RequestsTableName: name }, ...others }),
    );
    installAws([[`dynamodb describe-time-to-live "--table-name=${name}"`, account['dynamodb describe-time-to-live']]]);

    const { lines } = await verify('--aws', '--only', 'retention', '--outputs', odd);

    expect(lines[0]).toMatch(/^pass/);
  });

  it('sends no key to another machine by plain http', async () => {
    const plain = path.join(folder, 'plain.json');
    const { 'Gatehouse-DataPlane-eu-west-1': dataPlane, ...others } = described;
    const elsewhere = { ...dataPlane, ProxyUrl: 'http://localhost.example.com' };
    writeFileSync(plain, JSON.stringify({ 'Gatehouse-DataPlane-eu-west-1': elsewhere, ...others }));

    const { status, lines } = await verify('--only', 'reachable', '--outputs', plain);

    expect([status, lines]).toEqual([1, ['']]);
  });

  it('leaves no organization behind', async () => {
    const headers = { authorization: `Bearer ${greeting.adminToken}` };

    const response = await fetch(`${greeting.adminUrl}/admin/v1/organizations`, { headers });

    const { data } = (await response.json()) as { data: { name: string }[] };
    expect(data.map(({ name }) => name).filter((name) => name.startsWith('verification'))).toEqual([]);
  });

  it('has a row for every check in its paper', async () => {
    const paper = readFileSync('docs/verify-on-aws.md', 'utf8');
    const { stdout } = await run(process.execPath, ['scripts/verify-on-aws.ts', '--list']);

    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));

    const rows = [...paper.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, id]) => id);
    expect(rows).toEqual(ids);
  });
});
