import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltBundle, buildBundles } from '../../scripts/build.ts';

const maxProxyBytes = 120 * 1024;
/** Of the files beside it (docs/decisions/0029). */
const maxPartBytes = {
  translation: 200 * 1024,
  protocols: 30 * 1024,
  providers: 20 * 1024,
  catalog: 40 * 1024,
} as const;

/** What Lambda and the stack set, without which the function refuses to start. */
const functionEnvironment = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  TABLE_POLICY: 'policy',
  TABLE_METER: 'meter',
  TABLE_REQUESTS: 'requests',
  TABLE_VAULT: 'vault',
  VAULT_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/vault',
};

describe('the proxy bundle', () => {
  let folder: string;
  let proxy: BuiltBundle;
  let code: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'));
    proxy = await buildProxy(join(folder, 'first'));
    code = await readFile(join(folder, 'first/lambdas/proxy/index.cjs'), 'utf8');
  });

  afterAll(() => rm(folder, { recursive: true }));

  test('is at most 120 KB', () => {
    const bytes = Buffer.byteLength(code);

    expect(bytes).toBe(proxy.bytes);
    expect(bytes).toBeLessThanOrEqual(maxProxyBytes);
  });

  test.each(Object.entries(maxPartBytes))('has its %s in a file of at most %d bytes', (name, maximum) => {
    expect(Object.keys(proxy.parts).toSorted()).toEqual(Object.keys(maxPartBytes).toSorted());
    expect(proxy.parts[name]).toBeGreaterThan(0);
    expect(proxy.parts[name]).toBeLessThanOrEqual(maximum);
  });

  test('keeps its parts out of what every request loads', () => {
    const [, index] = Object.entries(proxy.metafile.outputs).find(([path]) => path.endsWith('/index.cjs')) ?? [];
    const inputs = Object.keys(index?.inputs ?? {});

    const apart = /wire\/(?:codecs|canonical|translation|gemini|openai-responses)|metering\/catalog/;
    expect(inputs.filter((input) => apart.test(input))).toEqual([]);
    for (const name of Object.keys(maxPartBytes)) expect(code).toContain(`require("./${name}.cjs")`);
  });

  test('is made of our sources and packages that load fast', () => {
    const inputs = Object.keys(proxy.metafile.inputs);

    const heavy = inputs.filter((input) =>
      /node_modules\/(?:@aws-sdk|@smithy|stripe|undici|@middy|middy|aws-cdk-lib|zod\/(?:v3|v4\/classic))\//.test(input),
    );

    expect(heavy).toEqual([]);
    expect(inputs).toContain('lambdas/data-plane/handler.ts');
  });

  test('loads Node modules by require, since importing node:http would load undici', () => {
    const moduleStatements = code.match(/(?:^|[;}\n])\s*import\b|\bimport\s*\(/g);

    expect(moduleStatements).toBeNull();
    expect(code).toMatch(/require\("node:https?"\)/);
  });

  test('exports the handler when the runtime requires it', () => {
    const bundle = join(folder, 'first/lambdas/proxy/index.cjs');
    // The runtime's global marks a handler as streaming; the runtime itself is in test/runtime.
    const runtime = 'globalThis.awslambda = { streamifyResponse: (handler) => handler }';

    const exported = execFileSync(
      process.execPath,
      ['-p', `${runtime}; typeof require(${JSON.stringify(bundle)}).handler`],
      { env: { PATH: process.env['PATH'], ...functionEnvironment }, encoding: 'utf8' },
    );

    expect(exported.trim()).toBe('function');
  });

  test('loads with itself what routing asks of every request, and neither translation nor rarer protocols', () => {
    const bundle = join(folder, 'first/lambdas/proxy/index.cjs');
    const runtime = 'globalThis.awslambda = { streamifyResponse: (handler) => handler }';
    const names = 'Object.keys(require.cache).map((file) => require("node:path").basename(file)).sort().join()';

    const loaded = execFileSync(process.execPath, ['-p', `${runtime}; require(${JSON.stringify(bundle)}); ${names}`], {
      env: { PATH: process.env['PATH'], ...functionEnvironment },
      encoding: 'utf8',
    });

    expect(loaded.trim().split(',')).toEqual(['catalog.cjs', 'index.cjs', 'providers.cjs']);
  });

  test('is the same to the byte when it is built again elsewhere', async () => {
    await buildProxy(join(folder, 'second'));

    const [first, second] = await Promise.all(['first', 'second'].map((name) => readTree(join(folder, name))));

    expect(second).toEqual(first);
  });

  test('holds no path of the machine it was built on', async () => {
    const files = await readTree(join(folder, 'first'));

    const leaking = [...files].filter(([, content]) => content.includes(process.cwd())).map(([path]) => path);

    expect(leaking).toEqual([]);
  });

  test('ships the licences of the packages in it, and no source map', async () => {
    const asset = join(folder, 'first/lambdas/proxy');

    const files = await readdir(asset);
    const notices = await readFile(join(asset, 'NOTICES.txt'), 'utf8');

    const packages = Object.keys(proxy.metafile.inputs).flatMap(
      (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
    );
    expect(files.toSorted()).toEqual([
      'NOTICES.txt',
      'catalog.cjs',
      'index.cjs',
      'protocols.cjs',
      'providers.cjs',
      'translation.cjs',
    ]);
    expect(packages.filter((name) => !notices.includes(`${name} `))).toEqual([]);
  });
});

async function buildProxy(outputFolder: string): Promise<BuiltBundle> {
  const proxy = (await buildBundles(outputFolder)).find(({ name }) => name === 'proxy');
  if (proxy === undefined) throw new Error('the build has no proxy bundle');
  return proxy;
}

/** Content of every file below `folder`, by relative path. */
async function readTree(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    await Promise.all(
      paths.toSorted().map(async (path) => [path.slice(folder.length), await readFile(path, 'utf8')] as const),
    ),
  );
}
