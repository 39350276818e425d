import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { App } from 'aws-cdk-lib';
import { runCli } from '../../cli/run.ts';
import { type DeploymentSettings, parseDeploymentConfig } from '../../lib/deployment-config.ts';
import { Gatehouse } from '../../lib/gatehouse.ts';
import { bundlesFolder, featureFlags } from '../lib/synthesize.ts';

/** Folder of the cloud assembly that `cdk synth` makes of these settings. */
export function assemblyOf(settings: DeploymentSettings): string {
  const outdir = mkdtempSync(join(tmpdir(), 'gatehouse-assembly-'));
  const app = new App({ outdir, context: featureFlags, analyticsReporting: false });
  void new Gatehouse(app, 'Gatehouse', { config: parseDeploymentConfig(settings), bundlesPath: bundlesFolder() });
  app.synth();
  return outdir;
}

/** What `gatehouse cost` prints about them. */
export async function costOf(settings: DeploymentSettings): Promise<string> {
  let text = '';
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const terminal = { input: process.stdin, output, errors: process.stderr, environment: {}, onInterrupt: () => {} };
  const code = await runCli(['cost', '--assembly', assemblyOf(settings)], terminal);
  if (code !== 0) throw new Error('the cost command failed');
  return text;
}

/** Settings behind the reports of the README's section, in their order there. */
export const settingsInReadme: readonly DeploymentSettings[] = [
  {},
  JSON.parse(readFileSync('examples/sandbox.json', 'utf8')) as DeploymentSettings,
];

const reports = /(?<=^```text\n)USD by prices of [^]*?(?=^```$)/gm;

/** The reports as they stand in the README. */
export function reportsIn(readme: string): string[] {
  return readme.match(reports) ?? [];
}

/** The README with these reports in place of those it has. */
export function withReports(readme: string, texts: readonly string[]): string {
  const replacements = texts.values();
  return readme.replaceAll(reports, () => replacements.next().value ?? '');
}
