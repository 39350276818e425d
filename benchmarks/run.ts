import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildForBenchmark } from './bundles.ts';
import { type Candidate, type CandidateName, candidateNames, startCandidate, startSurroundings } from './candidates.ts';
import { measureTranslation } from './measure-translation.ts';
import {
  type Effort,
  Figures,
  measureChunks,
  measureColdStarts,
  measureFirstByte,
  measureMemory,
  measureRequests,
  measureStoreCalls,
  warmUp,
} from './measure.ts';
import { installPortkey } from './portkey.ts';
import { formatTranslation } from './report-translation.ts';
import { formatBudgets, formatTable, judgeBudgets, toJson } from './report.ts';

const parts = ['requests', 'first-byte', 'chunks', 'memory', 'store', 'start', 'translation'] as const;

const help = `Measures Gatehouse beside a bare proxy and a peer, all in one run on this machine. docs/benchmarks.md explains the figures.

  npm run bench -- [options]

  --quick         fewer rounds: about a minute, for a first look
  --only PART     one of ${parts.join(', ')}; may be repeated
  --json FILE     writes every figure of every round to FILE
  --profile DIR   has Gatehouse's processes write CPU profiles to DIR; the figures of such a run are not to be trusted
  --help          this text

Exits with 1 when something could not be measured, with 0 otherwise, budgets met or not.`;

const thorough: Effort = {
  rounds: 7,
  requests: 480,
  warmUpRequests: 2_400,
  longStreamRounds: 3,
  coldStarts: 11,
  storeRequests: 600,
};
const quick: Effort = {
  rounds: 2,
  requests: 240,
  warmUpRequests: 600,
  longStreamRounds: 1,
  coldStarts: 3,
  storeRequests: 300,
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(help);
else {
  process.exitCode = await run().catch((error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  });
}

async function run(): Promise<number> {
  const unknown = options.only.filter((part) => !(parts as readonly string[]).includes(part));
  if (unknown.length > 0) {
    console.error(`There is no part "${unknown.join('", "')}". Parts: ${parts.join(', ')}.`);
    return 1;
  }
  const startedAt = Date.now();
  const figures = new Figures();
  const bundles = await buildForBenchmark({ minify: options.profile === undefined });
  const portkeyServer = await findPortkey();
  const names = candidateNames.filter((name) => name !== 'portkey' || portkeyServer !== undefined);
  await measureAll({ names, portkeyServer, bundles, figures });

  const budgets = judgeBudgets(figures, bundles.proxyFiles);
  const missing = portkeyServer === undefined ? '@portkey-ai/gateway could not be installed: the table lacks it.' : '';
  const tables = [formatTable(figures, names), formatTranslation(figures), formatBudgets(budgets)];
  const ending = `Medians of the rounds, their range in brackets. ${Math.round((Date.now() - startedAt) / 1000)} s.`;
  console.log([machine(), ...tables, missing, ending].filter((text) => text !== '').join('\n\n'));
  if (options.json !== undefined) {
    const content = { at: new Date(startedAt).toISOString(), machine: machine(), budgets, figures: toJson(figures) };
    await writeFile(options.json, `${JSON.stringify(content, null, 2)}\n`);
  }
  return portkeyServer === undefined ? 1 : 0;
}

async function findPortkey(): Promise<string | undefined> {
  try {
    return await installPortkey();
  } catch (error) {
    progress(`@portkey-ai/gateway could not be installed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

interface Plan {
  readonly names: readonly CandidateName[];
  readonly portkeyServer: string | undefined;
  readonly bundles: Awaited<ReturnType<typeof buildForBenchmark>>;
  readonly figures: Figures;
}

/** Every part takes its rounds with the candidates in turn, so that what else the machine does hits all of them alike. */
async function measureAll({ names, portkeyServer, bundles, figures }: Plan): Promise<void> {
  const effort = options.quick ? quick : thorough;
  const wanted = (part: (typeof parts)[number]): boolean => options.only.length === 0 || options.only.includes(part);
  const surroundings = await startSurroundings(bundles);
  const { load, store } = surroundings;
  const candidates: Candidate[] = [];
  const candidateOptions = { bundles, surroundings, portkeyServer, profileFolder: options.profile };
  try {
    if (wanted('memory')) {
      progress('memory under slow streams');
      for (const name of names) {
        if (name !== 'direct') await measureMemory(name, candidateOptions, figures);
      }
    }
    if (wanted('requests') || wanted('first-byte') || wanted('chunks')) {
      progress('warm-up');
      for (const name of names) candidates.push(await startCandidate(name, candidateOptions));
      await warmUp(load, candidates, effort);
    }
    if (wanted('requests')) {
      progress('requests');
      await measureRequests(load, candidates, effort, figures);
    }
    if (wanted('first-byte')) {
      progress('first byte');
      await measureFirstByte(load, candidates, effort, figures);
    }
    if (wanted('chunks')) {
      progress('long streams');
      const servers = candidates.filter(({ name }) => name !== 'direct');
      await measureChunks(load, servers, effort, figures);
    }
    if (wanted('store')) {
      progress('store calls');
      await measureStoreCalls(bundles, store.url, effort, figures);
    }
    if (wanted('start')) {
      progress('cold starts');
      await measureColdStarts(bundles, store.url, effort, figures);
    }
    if (wanted('translation')) {
      progress('translation');
      await measureTranslation(bundles, effort, figures);
    }
  } finally {
    await Promise.all(candidates.map(({ process: server }) => server.stop()));
    await surroundings.stop();
  }
}

function machine(): string {
  const date = new Date().toISOString().slice(0, 10);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${date}, ${availableParallelism()} cores of ${model}, ${process.platform} ${process.arch}, Node ${process.version}`;
}

function progress(text: string): void {
  console.error(`bench: ${text}`);
}
