import { describe, expect, it } from 'vitest';
import {
  callerEndpoints,
  displayName,
  endpoints as keyEndpoints,
} from '../../../../lambdas/control-plane/contract/fields.ts';
import { endpoints } from '../../../../lambdas/data-plane/endpoints.ts';

it('lets a key be limited to every endpoint of the data plane that takes one, and to nothing else', () => {
  const taking = endpoints.map(({ path }) => path).filter((path) => path !== '/healthz');

  expect(new Set<string>(callerEndpoints)).toEqual(new Set(taking));
});

it('takes no list of endpoints that is longer than there are', () => {
  const repeated = [...callerEndpoints, callerEndpoints[0]];

  expect(keyEndpoints.safeParse(callerEndpoints).success).toBe(true);
  expect(keyEndpoints.safeParse(repeated).success).toBe(false);
});

describe('the name of a tenant', () => {
  it.each(['Acme', 'Ångström & Söhne', '株式会社アクメ', 'می\u200cخواهم', '👩\u200d💻 Lab', 'x'.repeat(128)])(
    'may be %s',
    (name) => {
      expect(displayName.safeParse(name).success).toBe(true);
    },
  );

  it.each([
    ['a control sequence of terminals', 'Acme\u009b2J'],
    ['another direction of writing', 'Acme \u202egro'],
    ['a zero-width space', 'Ac\u200bme'],
    ['a line separator', 'Acme\u2028Globex'],
    ['half of a character', 'Acme\ud800'],
    ['nothing to see', '\u200d\u200d'],
    ['characters that stand for too many others', '\ufdfa'.repeat(128)],
  ])('holds no %s', (_, name) => {
    expect(displayName.safeParse(name).success).toBe(false);
  });
});
