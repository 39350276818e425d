import { expect, test } from 'vitest';
import { viaChain } from '../../../lambdas/data-plane/via.ts';
import type { GatewayRequest } from '../../../lambdas/http/gateway-request.ts';

const chainOf = (via?: string): string => viaChain({ headers: { via } } as unknown as GatewayRequest);

test.each([
  [undefined, '1.1 gatehouse'],
  ['2.0 abc.cloudfront.net (CloudFront)', '2.0 abc.cloudfront.net (CloudFront), 1.1 gatehouse'],
  ['1.1 gatehouse', '1.1 gatehouse, 1.1 gatehouse'],
  [
    '1.1 gatehouse2, 1.1 not-gatehouse, 1.1 gatehouse',
    '1.1 gatehouse2, 1.1 not-gatehouse, 1.1 gatehouse, 1.1 gatehouse',
  ],
])('goes on from %j as %j', (given, expected) => {
  expect(chainOf(given)).toBe(expected);
});

test.each(['1.1 gatehouse, 1.1 gatehouse', '1.1 gatehouse,1.1 proxy ,  1.1 gatehouse'])(
  'ends the loop of %j',
  (given) => {
    expect(() => chainOf(given)).toThrow(expect.objectContaining({ code: 'loop_detected', status: 508 }));
  },
);
