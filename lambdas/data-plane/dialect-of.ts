import type { GatewayRequest } from '../http/gateway-request.ts';
import type { Dialect } from '../wire/protocol.ts';

/**
 * Whose client asks, where the endpoint does not tell or there is none. Anthropic's SDK always sends its version. Google's has a
 * header of its own for the key, and in many versions its own path.
 */
export function dialectOf({ headers, path }: Pick<GatewayRequest, 'headers' | 'path'>): Dialect {
  if (headers['anthropic-version'] !== undefined) return 'anthropic';
  return headers['x-goog-api-key'] !== undefined || path.startsWith('/v1beta/') ? 'gemini' : 'openai';
}
