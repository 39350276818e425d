import { CallerError } from '../http/gateway-error.ts';
import type { GatewayRequest } from '../http/gateway-request.ts';

const pseudonym = '1.1 gatehouse';
const maxHops = 2;

/**
 * The `via` header for the provider, ours added. A gateway that has a gateway for its provider is fine; one that ends up at
 * itself must not go round until the money is gone. (RFC 9110 section 7.6.3)
 *
 * @throws CallerError 508 after two hops through Gatehouse.
 */
export function viaChain(request: GatewayRequest): string {
  const given = request.headers['via'];
  const hops = given?.split(',').filter((hop) => hop.trim() === pseudonym).length ?? 0;
  if (hops >= maxHops) {
    throw new CallerError(
      'loop_detected',
      508,
      'This request has passed Gatehouse twice already; a provider points back at it.',
    );
  }
  return given === undefined ? pseudonym : `${given}, ${pseudonym}`;
}
