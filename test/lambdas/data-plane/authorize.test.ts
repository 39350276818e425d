import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../lambdas/data-plane/authenticate.ts';
import { authorize, isModelAllowed } from '../../../lambdas/data-plane/authorize.ts';
import { callerWith } from './caller.ts';

const limitedTo = (key: Partial<Caller['key']['policy']>): Caller => callerWith({ key });
const from = (sourceAddress: string, path = '/v1/chat/completions'): { path: string; sourceAddress: string } => ({
  path,
  sourceAddress,
});

test('lets a key without limits call everything from everywhere', () => {
  expect(() => authorize(limitedTo({}), from('not even an address'), 'eu-central-1')).not.toThrow();
});

test.each([
  ['/v1/chat/completions', true],
  ['/v1/chat/completions/', false],
  ['/v1/embeddings', false],
  ['/V1/CHAT/COMPLETIONS', false],
])('with endpoints, calling %s is allowed: %s', (path, allowed) => {
  const authorizing = () =>
    authorize(limitedTo({ endpoints: ['/v1/chat/completions'] }), from('1.1.1.1', path), 'eu-central-1');

  if (allowed) expect(authorizing).not.toThrow();
  else expect(authorizing).toThrow(expect.objectContaining({ code: 'endpoint_not_allowed', status: 403 }));
});

test('with an empty list of endpoints or networks allows none', () => {
  expect(() => authorize(limitedTo({ endpoints: [] }), from('1.1.1.1'), 'eu-central-1')).toThrow(/endpoint/);
  expect(() => authorize(limitedTo({ cidrs: [] }), from('1.1.1.1'), 'eu-central-1')).toThrow(/address/);
});

describe('regions', () => {
  test.each([
    [undefined, true],
    [['eu-central-1'], true],
    [['us-east-1', 'eu-central-1'], true],
    [['us-east-1'], false],
    [['eu-central'], false],
    [[], false],
  ])('with %j, being served in eu-central-1 is allowed: %s', (regions, allowed) => {
    const caller = callerWith({ organization: regions === undefined ? {} : { regions } });
    const authorizing = () => authorize(caller, from('1.1.1.1'), 'eu-central-1');

    if (allowed) expect(authorizing).not.toThrow();
    else expect(authorizing).toThrow(expect.objectContaining({ code: 'region_not_allowed', status: 403 }));
  });
});

describe('networks', () => {
  const cidrs = ['10.1.0.0/16', '192.0.2.7', '2001:db8::/32', '2001:db9::1'];

  test.each([
    ['10.1.255.255', true],
    ['10.2.0.0', false],
    ['::ffff:10.1.2.3', true],
    ['::ffff:10.2.2.3', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8:ffff::1', true],
    ['2001:DB8::1', true],
    ['2001:db9::1', true],
    ['2001:db9::2', false],
    ['', false],
    ['10.1.2.3, 8.8.8.8', false],
    ['localhost', false],
  ])('%j is inside: %s', (address, inside) => {
    const authorizing = () => authorize(limitedTo({ cidrs }), from(address), 'eu-central-1');

    if (inside) expect(authorizing).not.toThrow();
    else expect(authorizing).toThrow(expect.objectContaining({ code: 'address_not_allowed', status: 403 }));
  });

  test('with an empty prefix are one address, not all of them', () => {
    const caller = limitedTo({ cidrs: ['10.0.0.0/'] });

    expect(() => authorize(caller, from('10.0.0.0'), 'eu-central-1')).not.toThrow();
    expect(() => authorize(caller, from('8.8.8.8'), 'eu-central-1')).toThrow(/address/);
  });

  test('of a changed policy count at once', () => {
    const before = limitedTo({ cidrs: ['10.1.0.0/16'] });
    const after = limitedTo({ cidrs: ['10.2.0.0/16'] });

    expect(() => authorize(before, from('10.1.0.1'), 'eu-central-1')).not.toThrow();
    expect(() => authorize(after, from('10.1.0.1'), 'eu-central-1')).toThrow(
      expect.objectContaining({ code: 'address_not_allowed' }),
    );
  });
});

test.each([
  [undefined, ['anything'], true],
  [[], ['anything'], false],
  [['openai/gpt-5'], ['gpt-5', 'openai/gpt-5'], true],
  [['gpt-5'], ['gpt-5-pro'], false],
  [['openai/*'], ['openai/gpt-5'], true],
  [['openai/*'], ['openai'], false],
  [['*'], ['anything'], true],
  [['gpt-*-mini'], ['gpt-5-mini'], false],
  [['GPT-5'], ['gpt-5'], false],
] as const)('an allow-list of %j for %j: %s', (allowed, names, expected) => {
  expect(isModelAllowed(allowed, names)).toBe(expected);
});
