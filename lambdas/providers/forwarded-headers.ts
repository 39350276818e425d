import type { Provider } from './provider.ts';

/** What HTTP can carry; Lambda hands in more. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The client's headers that go on to this provider. Of `anthropic-beta` only the names that its row lists: a feature that the
 * vendor does not know, asked for by a client that was built for another, would be a 400 on every request.
 */
export function forwardedHeadersFor(
  provider: Provider,
  clientHeaders: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of provider.forwardedHeaders ?? []) {
    const given = clientHeaders[name];
    const value = given === undefined || name !== 'anthropic-beta' ? given : allowedBetas(given, provider);
    if (value !== undefined && sendable.test(value)) forwarded[name] = value;
  }
  return forwarded;
}

function allowedBetas(value: string, { anthropicBetas = [] }: Provider): string | undefined {
  if (anthropicBetas === 'all') return value;
  const allowed = value
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => anthropicBetas.includes(beta));
  return allowed.length === 0 ? undefined : allowed.join(',');
}
