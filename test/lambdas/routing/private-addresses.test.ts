import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { isPrivateLiteral, publicLookup } from '../../../lambdas/routing/private-addresses.ts';
import { createUpstreamClient } from '../../../lambdas/routing/upstream.ts';

const timeouts = { connectMs: 1000, firstByteMs: 1000, idleMs: 1000, totalMs: 1000 };

it.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.0.0.1/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://100.64.0.1/',
  'http://169.254.169.254/',
  'http://169.254.100.1/',
  'http://172.31.255.255/',
  'http://192.168.0.1/',
  'http://224.0.0.1/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
])('refuses %s before it connects', async (url) => {
  const upstream = createUpstreamClient();

  const sending = upstream.post({
    url: new URL(url),
    headers: {},
    body: Buffer.from('{}'),
    timeouts,
    signal: new AbortController().signal,
  });

  await expect(sending).rejects.toMatchObject({ kind: 'refused-address' });
  upstream.close();
});

it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '[2606:4700::1111]', 'api.example.com', '10.example.com'])(
  'does not take %s for a private address',
  (hostname) => {
    expect(isPrivateLiteral(hostname)).toBe(false);
  },
);

it('refuses a name when it is resolved, for one address or for all', async () => {
  const lookUp = (all: boolean) =>
    new Promise<{ error: Error | null; address: string | LookupAddress[] }>((resolve) => {
      publicLookup('localhost', { all }, (error, address) => resolve({ error, address }));
    });

  const one = await lookUp(false);
  const every = await lookUp(true);

  expect(one).toMatchObject({ error: { code: 'EPRIVATE' }, address: '' });
  expect(every).toMatchObject({ error: { code: 'EPRIVATE' }, address: '' });
});

it('refuses a name that resolves to this machine as a provider', async () => {
  const upstream = createUpstreamClient();

  const sending = upstream.post({
    url: new URL('https://localhost:9/v1'),
    headers: {},
    body: Buffer.from('{}'),
    timeouts,
    signal: new AbortController().signal,
  });

  await expect(sending).rejects.toMatchObject({ kind: 'refused-address' });
  upstream.close();
});
