import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { jsonResponse } from '../http/json-response.ts';
import type { Dependencies } from './dependencies.ts';

/** `GET /healthz`: the process answers. Needs no key and calls nothing, so that a probe costs nothing either. */
export async function serveHealth(_request: GatewayRequest, deps: Dependencies): Promise<GatewayResponse> {
  return jsonResponse(200, { status: 'ok', region: deps.region });
}
