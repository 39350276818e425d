import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isPrivateAddress, isPrivateLiteral, publicLookup } from '../../../lambdas/routing/private-addresses.ts';

test.each([
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:0:127.0.0.1',
  '::ffff:10.0.0.1',
  '::FFFF:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::a00:1',
  '2002:7f00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
])('%s is private', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
  expect(isPrivateLiteral(address.includes(':') ? `[${address}]` : address)).toBe(true);
});

test.each([
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2606:4700::1111',
  '2600:1f18::1',
])('%s is public', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

test.each(['api.openai.com', '10.0.0.1.example.com', 'localhost', ''])('the name %j is left to the lookup', (name) => {
  expect(isPrivateLiteral(name)).toBe(false);
});

test.each([{ all: true }, { all: false }, {}])(
  'a lookup with %j fails for a name that resolves to loopback',
  async (options) => {
    await expect(promisify(publicLookup)('localhost', options)).rejects.toMatchObject({ code: 'EPRIVATE' });
  },
);
