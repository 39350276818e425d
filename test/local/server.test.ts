import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationError, readConfiguration } from '../../local/configuration.ts';
import { type LocalServer, startLocalServer } from '../../local/server.ts';
import { createClients } from '../fixtures/gatehouse.ts';
import { temporaryFolder } from '../fixtures/local-process.ts';
import { ask } from '../fixtures/simulated-clients.ts';

async function start(dataFolder: string, flags: readonly string[] = [], environment = {}): Promise<LocalServer> {
  const all = ['--port', '0', '--admin-port', '0', '--data-dir', dataFolder, ...flags];
  const configuration = readConfiguration(all, environment);
  if (configuration === 'help') throw new Error('no help was asked for');
  const server = await startLocalServer(configuration, () => {});
  onTestFinished(() => server.close());
  return server;
}

describe('startLocalServer', () => {
  it('keeps key, token and spending over a restart', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    const request = { model: 'sim/echo?input=100&output=50', messages: ask('hi') };
    await createClients(first.proxyUrl, first.apiKey).openai.chat.completions.create(request);
    await first.close();

    const second = await start(folder);
    const response = await fetch(`${second.proxyUrl}/v1/key`, { headers: { 'x-api-key': second.apiKey } });

    expect([second.apiKey, second.adminToken]).toEqual([first.apiKey, first.adminToken]);
    expect(second.returnedHolds).toBe(0);
    expect(await response.json()).toMatchObject({
      data: { meters: [{ spent_micro_usd: 200 }, { spent_micro_usd: 200 }] },
    });
  });

  it('settles the requests of callers that left before it closes its store', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    const { openai } = createClients(first.proxyUrl, first.apiKey);
    const leaving = Array.from({ length: 20 }, async () => {
      const body = { model: 'sim/echo?words=500&delay=20', messages: ask('hi'), stream: true } as const;
      const stream = await openai.chat.completions.create(body);
      for await (const _ of stream) break;
    });
    await Promise.all(leaving);
    await first.close();

    const second = await start(folder);
    const response = await fetch(`${second.proxyUrl}/v1/key`, { headers: { 'x-api-key': second.apiKey } });

    // What had not been settled would be a hold that the second start returns, and nothing spent.
    expect(second.returnedHolds).toBe(0);
    expect(await response.json()).toMatchObject({ data: { meters: [{ spent_micro_usd: expect.any(Number) }, {}] } });
  });

  it('guards the control plane with the token of the environment', async () => {
    const server = await start(temporaryFolder(), [], { GATEHOUSE_ADMIN_TOKEN: 'token-1' });
    const statusOf = async (path: string, token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return (await fetch(server.adminUrl + path, { headers })).status;
    };

    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/admin/v1/organizations')).toBe(401);
    expect(await statusOf('/admin/v1/organizations', 'token-2')).toBe(401);
    expect(await statusOf('/admin/v1/organizations', 'token-1')).not.toBe(401);
  });

  it('leaves nothing open when it cannot start', async () => {
    const folder = temporaryFolder();
    const other = await start(temporaryFolder());

    await expect(start(folder, ['--port', new URL(other.proxyUrl).port])).rejects.toThrow(ConfigurationError);

    await expect(start(folder)).resolves.toMatchObject({ returnedHolds: 0 });
  });

  it('refuses a folder that another one has open', async () => {
    const folder = temporaryFolder();
    await start(folder);

    await expect(start(folder)).rejects.toThrow(/Another Gatehouse is running on it/);
  });

  it('may be told twice to close', async () => {
    const server = await start(temporaryFolder());

    await server.close();

    await expect(server.close()).resolves.toBeUndefined();
  });
});
