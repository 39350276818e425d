import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createAdminClient } from '../cli/admin-client.ts';
import { findConnection } from '../cli/connection.ts';
import { awsChecks } from './verify-on-aws/aws-checks.ts';
import type { Check } from './verify-on-aws/check.ts';
import { type DeploymentDescription, withTenant } from './verify-on-aws/deployment.ts';
import { edgeChecks } from './verify-on-aws/edge-checks.ts';
import { modelChecks } from './verify-on-aws/model-checks.ts';
import { type Outcome, runChecks } from './verify-on-aws/run-checks.ts';

/** Checks a deployment on a real account: `node scripts/verify-on-aws.ts --help`, docs/verify-on-aws.md. */

const usage = `npm run verify -- --outputs FILE [options]

Checks what only a real account can show, on a deployment of yours, in an organization made for the run and deleted after it.
The admin API's token comes from GATEHOUSE_ADMIN_TOKEN.

  --outputs FILE   what "cdk deploy --all --outputs-file FILE" wrote
  --model NAME     a model to call, such as openai/gpt-5-nano: some 40 short answers are paid for
  --aws            also look with the AWS command line tool, as the identity it uses
  --only ID,ID     these checks only
  --list           the checks, one per line
  --region NAME    of the data plane to check, where there are several`;

const allChecks: readonly Check[] = [...edgeChecks, ...modelChecks, ...awsChecks];

const { values: options } = parseArgs({
  options: {
    outputs: { type: 'string' },
    model: { type: 'string' },
    aws: { type: 'boolean', default: false },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
    region: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(usage);
else if (options.list) for (const { id, claim } of allChecks) console.log(`${id}: ${claim}`);
else process.exitCode = await main();

async function main(): Promise<number> {
  if (options.outputs === undefined) {
    console.error(usage);
    return 2;
  }
  const checks = chosen(options.only?.split(','));
  const description = readOutputs(options.outputs);
  const adminUrl = Object.values(description.outputs).find(({ AdminUrl }) => AdminUrl !== undefined)?.['AdminUrl'];
  const connection = await findConnection(adminUrl === undefined ? {} : { url: adminUrl }, process.env, () =>
    Promise.resolve(''),
  );
  const given = { model: options.model !== undefined, aws: options.aws };
  let failed = 0;
  await withTenant(createAdminClient(connection), description, async (deployment) => {
    for await (const outcome of runChecks(checks, deployment, given)) {
      if (outcome.kind === 'found' && !outcome.finding.passed) failed += 1;
      console.log(line(outcome));
    }
  });
  return failed === 0 ? 0 : 1;
}

function chosen(ids: readonly string[] | undefined): readonly Check[] {
  if (ids === undefined) return allChecks;
  return ids.map((id) => {
    const check = allChecks.find((one) => one.id === id);
    if (check === undefined) throw new Error(`no check is called ${id}: --list names them`);
    return check;
  });
}

function readOutputs(path: string): DeploymentDescription {
  const outputs = JSON.parse(readFileSync(path, 'utf8')) as DeploymentDescription['outputs'];
  const dataPlanes = Object.entries(outputs).filter(([, { ProxyUrl }]) => ProxyUrl !== undefined);
  const [stack, { ProxyUrl: proxyUrl = '', VaultKeyArn: keyArn = '' } = {}] =
    dataPlanes.find(([name]) => options.region === undefined || name.endsWith(options.region)) ?? [];
  if (stack === undefined)
    throw new Error(`${path} has no output ProxyUrl${options.region ? ` of ${options.region}` : ''}`);
  // Keys are sent to it.
  if (!/^(?:https:|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$))/.test(proxyUrl)) {
    throw new Error(`the output ProxyUrl of ${stack} must be https, or of this machine`);
  }
  return { proxyUrl, region: keyArn.split(':')[3] ?? '', dataPlaneStack: stack, model: options.model, outputs };
}

function line(outcome: Outcome): string {
  const { id, claim } = outcome.check;
  if (outcome.kind === 'not-run') return `NOT RUN  ${id}: needs --${outcome.missing}`;
  return `${outcome.finding.passed ? 'pass   ' : 'FAIL   '}  ${id}: ${claim} [${outcome.finding.seen}]`;
}
