import { expect, it } from 'vitest';
import { callerEndpoints } from '../../../../lambdas/control-plane/contract/fields.ts';
import { endpoints } from '../../../../lambdas/data-plane/handle.ts';

it('lets a key be limited to every endpoint of the data plane that takes one, and to nothing else', () => {
  const taking = endpoints.map(({ path }) => path).filter((path) => path !== '/healthz');

  expect(new Set<string>(callerEndpoints)).toEqual(new Set(taking));
});
