import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/**
 * Addresses no provider may have: loopback (on Lambda the runtime API listens there), link-local with the cloud metadata
 * service, private and shared networks, multicast and reserved. (IANA special-purpose address registries)
 */
const forbidden = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  forbidden.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  // Unspecified, loopback, and the old forms with an IPv4 address at their end.
  ['::', 96],
  // These carry an IPv4 address inside: translation (SIIT, NAT64) and 6to4.
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  forbidden.addSubnet(network, prefix, 'ipv6');
}

export function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  return forbidden.check(mapped, isIPv6(mapped) ? 'ipv6' : 'ipv4');
}

/** `hostname` of a URL that is an address literal inside a forbidden network; names are checked when they are resolved. */
export function isPrivateLiteral(hostname: string): boolean {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) !== 0 && isPrivateAddress(bare);
}

/** DNS lookup that fails for private addresses, at the moment of connecting, so that no rebinding can slip in between. */
export const publicLookup: LookupFunction = (hostname: string, options: LookupOptions, callback): void => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, '');
    const first = addresses[0];
    if (first === undefined || addresses.some((entry) => isPrivateAddress(entry.address))) {
      return callback(Object.assign(new Error('the name resolves to a private address'), { code: 'EPRIVATE' }), '');
    }
    return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};
