import type { Bundles } from './bundles.ts';
import type { ServerProcess, StartOptions } from './processes.ts';
import { startProcess } from './processes.ts';
import { benchApiKey } from './store-answers.ts';

export const candidateNames = ['direct', 'floor', 'gatehouse', 'gatehouse-storeless', 'portkey'] as const;
export type CandidateName = (typeof candidateNames)[number];

/** A server under measurement, and how to call it. */
export interface Candidate {
  readonly name: CandidateName;
  readonly process: ServerProcess;
  readonly headers: Readonly<Record<string, string>>;
}

/** What every candidate is measured with. */
export interface Surroundings {
  readonly load: ServerProcess;
  readonly upstream: ServerProcess;
  readonly store: ServerProcess;
  stop(): Promise<void>;
}

export async function startSurroundings(bundles: Bundles): Promise<Surroundings> {
  const start = (name: string, environment: Record<string, string> = {}): Promise<ServerProcess> =>
    startProcess({ script: bundles.script(name), probe: bundles.script('probe'), environment });
  const upstream = await start('upstream-server');
  const [store, load] = await Promise.all([
    start('store-server', { BENCH_UPSTREAM_URL: upstream.url }),
    start('load-generator'),
  ]);
  return {
    load,
    upstream,
    store,
    stop: async () => void (await Promise.all([load, upstream, store].map((process) => process.stop()))),
  };
}

export interface CandidateOptions {
  readonly bundles: Bundles;
  readonly surroundings: Surroundings;
  readonly portkeyServer: string | undefined;
  /** Where Gatehouse's processes leave a CPU profile. */
  readonly profileFolder: string | undefined;
}

/** Starts a fresh process, except for `direct`, which is the upstream itself. */
export async function startCandidate(name: CandidateName, options: CandidateOptions): Promise<Candidate> {
  const { surroundings } = options;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${benchApiKey}`, accept: '*/*' };
  if (name === 'direct') return { name, headers, process: { ...surroundings.upstream, stop: async () => {} } };
  const process = await startProcess({ ...command(name, options), probe: options.bundles.script('probe') });
  const extra =
    name === 'portkey'
      ? { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${surroundings.upstream.url}/v1` }
      : {};
  return { name, process, headers: { ...headers, ...extra } };
}

function command(
  name: Exclude<CandidateName, 'direct'>,
  { bundles, surroundings, portkeyServer, profileFolder }: CandidateOptions,
): Omit<StartOptions, 'probe'> {
  const upstream = { BENCH_UPSTREAM_URL: surroundings.upstream.url };
  const profile = profileFolder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` };
  switch (name) {
    case 'floor':
      return { script: bundles.script('floor-server'), environment: { ...upstream, BENCH_API_KEY: benchApiKey } };
    case 'gatehouse':
      return {
        script: bundles.script('gatehouse-server'),
        environment: { ...upstream, ...profile, BENCH_STORE_URL: surroundings.store.url },
      };
    case 'gatehouse-storeless':
      return { script: bundles.script('gatehouse-server'), environment: { ...upstream, ...profile } };
    case 'portkey':
      return { script: portkeyServer ?? '', scriptArguments: ['--headless'] };
  }
}
