import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultPrices } from '../../cli/cost/prices.ts';
import type { CostReport } from '../../cli/cost/report.ts';
import { metrics } from '../../lambdas/telemetry/metrics.ts';
import type { DeploymentSettings } from '../../lib/deployment-config.ts';
import { everyControlPlaneSetting } from '../lib/control-plane/every-setting.ts';
import { assemblyOf, costOf, reportsIn, settingsInReadme } from './cost-assembly.ts';
import { runCommand } from './run-command.ts';

const readme = readFileSync('README.md', 'utf8');
const [, sandbox = {}] = settingsInReadme;

const examples = readdirSync('examples').map((name): [string, DeploymentSettings] => [
  name,
  JSON.parse(readFileSync(join('examples', name), 'utf8')) as DeploymentSettings,
]);

const variants: [string, DeploymentSettings][] = [
  ...examples,
  ['two regions without a web ACL', { regions: ['eu-west-1', 'us-west-2'], webAcl: 'none' }],
  ['no control plane', { controlPlane: false }],
  ['an optional second factor, federation and a second data plane', { controlPlane: everyControlPlaneSetting }],
  ['no edge', { edge: 'none', dataProtection: 'destroy' }],
];

async function reportOf(assembly: string, ...options: string[]): Promise<CostReport> {
  const { code, stdout, stderr } = await runCommand(['cost', '--json', '--assembly', assembly, ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as CostReport;
}

interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

/** A copy of an assembly with a change in the template of the stack whose file name has this in it. */
function changed(assembly: string, stack: string, change: (template: Template) => void): string {
  const copy = mkdtempSync(join(tmpdir(), 'gatehouse-assembly-'));
  cpSync(assembly, copy, { recursive: true });
  const file = readdirSync(copy).find((name) => name.includes(stack) && name.endsWith('.template.json'));
  const path = join(copy, file ?? '');
  const template = JSON.parse(readFileSync(path, 'utf8')) as Template;
  change(template);
  writeFileSync(path, JSON.stringify(template));
  return copy;
}

const defaultAssembly = assemblyOf({});

describe('gatehouse cost', () => {
  test.each([
    ['the default deployment', 0],
    ['the sandbox', 1],
  ] as const)('prints what the README shows of %s; `npm run cost` writes it there', async (_name, index) => {
    const text = await costOf(settingsInReadme[index] ?? {});

    expect(reportsIn(readme)[index]).toBe(text);
    expect(reportsIn(readme)).toHaveLength(settingsInReadme.length);
  });

  test('finds the sandbox under 5 USD a month idle', async () => {
    const { idle } = await reportOf(assemblyOf(sandbox));

    expect(idle.microUsd).toBeLessThan(5_000_000);
    expect(idle.microUsd).toBeGreaterThan(2_000_000);
  });

  test.each(variants)('knows the price of everything in: %s', async (_name, settings) => {
    const report = await reportOf(assemblyOf(settings));

    expect(report.idle.microUsd).toBeGreaterThan(0);
    expect(report.perMillionRequests?.microUsd).toBeGreaterThan(60_000_000);
  });

  test('adds items to stacks, and stacks to the whole, to the micro-dollar', async () => {
    const { idle, perMillionRequests } = await reportOf(defaultAssembly);
    const sum = (parts: readonly { microUsd: number }[]) => parts.reduce((total, { microUsd }) => total + microUsd, 0);

    expect(idle.stacks.map(({ items }) => sum(items))).toEqual(idle.stacks.map(({ microUsd }) => microUsd));
    expect(sum(idle.stacks)).toBe(idle.microUsd);
    expect(sum(perMillionRequests?.items ?? [])).toBe(perMillionRequests?.microUsd);
  });

  test('multiplies without a float: a million streams of ten seconds on half a GB', async () => {
    const { perMillionRequests } = await reportOf(defaultAssembly);

    expect(perMillionRequests?.items.find(({ group }) => group === 'Lambda duration')).toMatchObject({
      arithmetic: '1,000,000 requests x 10 s x 0.5 GB x 0.0000133334',
      microUsd: 66_667_000,
    });
  });

  test('counts a web ACL, each of its rules, keys and secrets', async () => {
    const { idle } = await reportOf(defaultAssembly);

    const found = idle.stacks.flatMap(({ items }) => items.map(({ group, arithmetic }) => `${group}: ${arithmetic}`));

    expect(found).toEqual(
      expect.arrayContaining(['web ACLs: 1 web ACL x 5.00 + 6 rules x 1.00', 'secrets: 1 secret x 0.40']),
    );
  });

  test.each([
    ['a threshold on one metric', { MetricName: 'Errors', Period: 60 }, '1 metric x 0.10', 100_000],
    [
      'an expression over two metrics',
      {
        Metrics: [
          { Id: 'rate', Expression: 'errors / calls' },
          { Id: 'errors', MetricStat: { Metric: { MetricName: 'Errors' }, Period: 300, Stat: 'Sum' } },
          { Id: 'calls', MetricStat: { Metric: { MetricName: 'Invocations' }, Period: 300, Stat: 'Sum' } },
        ],
      },
      '2 metrics x 0.10',
      200_000,
    ],
    ['ten seconds', { MetricName: 'Errors', Period: 10 }, '1 metric x 0.30', 300_000],
  ])('counts the metrics of an alarm: %s', async (_name, Properties, arithmetic, microUsd) => {
    const assembly = changed(defaultAssembly, 'Edge', ({ Resources }) => {
      Resources['Alarm'] = { Type: 'AWS::CloudWatch::Alarm', Properties };
    });

    const { idle } = await reportOf(assembly);

    const alarms = idle.stacks[0]?.items.find(({ group }) => group === 'alarms');
    expect(alarms).toMatchObject({ arithmetic, microUsd });
  });

  test('counts provisioned concurrency by the memory of the function behind the alias', async () => {
    const { idle } = await reportOf(
      assemblyOf({ proxy: { provisionedConcurrentExecutions: 2, memorySize: 1024 }, controlPlane: false }),
    );

    const items = idle.stacks.flatMap((stack) => stack.items);
    // 2 x 730 h x 3600 s x 1 GB x 0.0000033334
    expect(items.find(({ group }) => group === 'provisioned concurrency')?.microUsd).toBe(17_520_351);
  });

  test('charges the authorizer of tenant isolation with every request', async () => {
    const [, hardened = {}] = examples.find(([name]) => name === 'hardened.json') ?? [];

    const { perMillionRequests, notIncluded } = await reportOf(assemblyOf(hardened));

    // 1,000,000 x (0.02 s x 0.25 GB x 0.0000133334 + 0.0000002 + 0.000000125)
    expect(perMillionRequests?.items.find(({ group }) => group === 'authorizer')?.microUsd).toBe(391_667);
    expect(notIncluded).toContainEqual(expect.stringMatching(/^environments made for a tenant/));
  });

  test('takes for a run of reconcile the metrics that it writes every time', async () => {
    const writtenByEveryRun = [metrics.policyDrift, metrics.meterDrift];

    const { idle } = await reportOf(defaultAssembly);

    const item = idle.stacks.flatMap(({ items }) => items).find(({ group }) => group.startsWith('custom metrics'));
    expect(item?.arithmetic).toBe(`${writtenByEveryRun.length} metrics x 0.30`);
  });

  test.each([
    ['a type that it does not know', { Type: 'AWS::EC2::NatGateway' }, /AWS::EC2::NatGateway \(Extra\)/],
    [
      'a managed rule group with a fee of its own',
      {
        Type: 'AWS::WAFv2::WebACL',
        Properties: {
          Rules: [
            {
              Statement: {
                ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesBotControlRuleSet' },
              },
            },
          ],
        },
      },
      /has a fee of its own/,
    ],
    [
      'a table paid by the hour',
      { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PROVISIONED' } },
      /Extra of Gatehouse-Edge is a AWS::DynamoDB::Table/,
    ],
    [
      'an alarm on a query',
      { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression: 'SELECT AVG(x) FROM y' }] } },
      /is priced by what it matches/,
    ],
  ])('gives no figure at all with %s', async (_name, resource, message) => {
    const assembly = changed(defaultAssembly, 'Edge', ({ Resources }) => {
      Resources['Extra'] = resource;
    });

    const { code, stdout, stderr } = await runCommand(['cost', '--assembly', assembly]);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('says what to run where there is no assembly', async () => {
    const { code, stderr } = await runCommand(['cost', '--assembly', 'no-such-folder']);

    expect(code).toBe(2);
    expect(stderr).toContain('npx cdk synth -q');
  });

  test('takes prices of another region, as it prints them itself, and leaves its remark about the region out', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-prices-')), 'prices.json');
    const { prices } = await reportOf(defaultAssembly);
    const kmsKey = { ...prices.prices.kmsKey, usd: '2.00' };
    writeFileSync(file, JSON.stringify({ ...prices, region: 'eu-west-1', prices: { ...prices.prices, kmsKey } }));
    const european = assemblyOf({ regions: ['eu-west-1'] });

    const [ours, theirs] = await Promise.all([
      runCommand(['cost', '--assembly', european]),
      runCommand(['cost', '--assembly', european, '--prices', file]),
    ]);

    expect(ours.stdout).toContain('Not the prices of eu-west-1');
    expect(theirs.stdout).toContain('1 key x 2.00');
    expect(theirs.stdout).not.toContain('Not the prices');
  });

  test('refuses a list that lacks a price, naming it', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-prices-')), 'prices.json');
    const { secret: _secret, ...others } = defaultPrices.prices;
    writeFileSync(file, JSON.stringify({ ...defaultPrices, prices: others }));

    const { code, stderr } = await runCommand(['cost', '--assembly', defaultAssembly, '--prices', file]);

    expect(code).toBe(2);
    expect(stderr).toContain('secret');
  });

  test('adds up a month of the traffic that is given', async () => {
    const options = ['--requests-per-month', '2500000', '--seconds-per-stream', '2.5', '--meters', '3'];

    const { month, idle, perMillionRequests } = await reportOf(defaultAssembly, ...options);

    const arithmetic = perMillionRequests?.items.map((item) => item.arithmetic);
    expect(arithmetic).toContain('1,000,000 requests x 2.5 s x 0.5 GB x 0.0000133334');
    expect(arithmetic).toContain('1,000,000 requests x 6 writes x 0.000000625');
    expect(month?.microUsd).toBe(idle.microUsd + Math.ceil((perMillionRequests?.microUsd ?? 0) * 2.5));
  });

  test('prints the idle total alone with --quiet', async () => {
    const { stdout } = await runCommand(['cost', '--quiet', '--assembly', defaultAssembly]);

    expect(stdout).toMatch(/^\d+\.\d\d\n$/);
  });
});
