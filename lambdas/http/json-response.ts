import type { GatewayResponse } from './gateway-request.ts';

export function jsonResponse(status: number, value: object): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: Buffer.from(JSON.stringify(value)),
  };
}
