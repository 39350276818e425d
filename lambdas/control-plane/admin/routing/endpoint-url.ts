import { isIP } from 'node:net';
import { isPrivateLiteral } from '../../../routing/private-addresses.ts';

export interface UrlRules {
  /** Whether it may be a loopback or private address, and plain http: where the operator's own configuration says so. */
  readonly allowPrivate: boolean;
  readonly allowQuery?: boolean;
}

/**
 * What is wrong with a URL that Gatehouse is to call, said as what would be right; `undefined` where it is fine. Addresses that a
 * name leads to are checked when it is called: here, one that nobody could have outside is told at once.
 */
export function urlFault(text: string, { allowPrivate, allowQuery = false }: UrlRules): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be an http or https URL';
  if (url.username !== '' || url.password !== '') return 'must be without user name and password';
  if (text.includes('#')) return 'must be without a fragment';
  if (!allowQuery && text.includes('?')) return 'must be without a query';
  if (allowPrivate) return undefined;
  if (url.protocol !== 'https:') return 'must begin with https://';
  return isPrivateHost(url.hostname) ? 'must be a public host: this installation allows no private ones' : undefined;
}

/** RFC 6761, RFC 6762, RFC 8375 and ICANN's reservation of `internal`. */
const privateDomains = ['localhost', 'local', 'internal', 'localdomain', 'home.arpa'];

/** `hostname` as URLs have it, where every way of writing an IPv4 address has become the usual one. */
function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/\.+$/, '');
  if (name.startsWith('[') || isIP(name) !== 0) return isPrivateLiteral(name);
  // Without a dot it is a name of some local network.
  return !name.includes('.') || privateDomains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
