import { BlockList, isIPv6 } from 'node:net';
import { GatewayError } from '../http/gateway-error.ts';
import type { GatewayRequest } from '../http/gateway-request.ts';
import type { KeyPolicy } from '../store/policy.ts';
import type { Caller } from './authenticate.ts';

/**
 * Checks what the key and its organization are limited to, the model excepted: that needs to be resolved first
 * (`resolve-targets.ts`). `region` is the one that this gateway runs in.
 *
 * @throws GatewayError 403.
 */
export function authorize(
  caller: Caller,
  request: Pick<GatewayRequest, 'path' | 'endpoint' | 'sourceAddress'>,
  region: string,
): void {
  const { policy } = caller.key;
  const { regions } = caller.workspace.policy.organization;
  if (regions !== undefined && !regions.includes(region)) {
    const message = `This organization may not be served in ${region}. Use the address of one of its regions.`;
    throw new GatewayError('region_not_allowed', 403, message);
  }
  if (policy.endpoints !== undefined && !policy.endpoints.includes(request.endpoint ?? request.path)) {
    throw new GatewayError('endpoint_not_allowed', 403, 'This API key may not call this endpoint.');
  }
  if (policy.cidrs !== undefined && !networksOf(policy, policy.cidrs)(request.sourceAddress)) {
    throw new GatewayError('address_not_allowed', 403, 'This API key may not be used from this address.');
  }
}

/** True if one of the names is on the list; an entry may end in `*`. */
export function isModelAllowed(allowed: readonly string[] | undefined, names: readonly string[]): boolean {
  if (allowed === undefined) return true;
  return allowed.some((entry) =>
    entry.endsWith('*') ? names.some((name) => name.startsWith(entry.slice(0, -1))) : names.includes(entry),
  );
}

const compiled = new WeakMap<KeyPolicy, (address: string) => boolean>();

function networksOf(policy: KeyPolicy, cidrs: readonly string[]): (address: string) => boolean {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    // `||`: an empty prefix is a slip, not the whole internet.
    list.addSubnet(network, Number(prefix || (family === 'ipv6' ? 128 : 32)), family);
  }
  const contains = (address: string): boolean => {
    const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
    try {
      return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    } catch {
      return false; // Not an address at all: nobody we know.
    }
  };
  compiled.set(policy, contains);
  return contains;
}
