import type { GatewayRequest } from '../http/gateway-request.ts';
import type { Dialect } from '../wire/protocol.ts';

/**
 * Whose client asks, where the endpoint does not tell or there is none. Anthropic's SDK always sends its version, and Google's has
 * its own in the path.
 */
export function dialectOf({ headers, path }: Pick<GatewayRequest, 'headers' | 'path'>): Dialect {
  if (headers['anthropic-version'] !== undefined) return 'anthropic';
  return path.startsWith('/v1beta/') ? 'gemini' : 'openai';
}
