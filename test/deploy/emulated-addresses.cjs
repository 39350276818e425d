'use strict';

/**
 * Addresses of AWS as addresses of the emulator. Preloaded into the command line by NODE_OPTIONS, with EMULATED_ENDPOINT set, it
 * makes `fetch` go there; nothing else of a program changes.
 */
function emulatedAddress(address, endpoint) {
  const url = new URL(address);
  const path = `${url.pathname}${url.search}`;
  const api = /^([0-9a-f]{8})\.execute-api\.[a-z0-9-]+\.amazonaws\.com$/.exec(url.hostname);
  if (api !== null) return { url: `${endpoint}/_aws/execute-api/${api[1]}${path}`, headers: {} };
  if (!url.hostname.endsWith('.cloudfront.net')) return { url: address, headers: {} };
  return { url: `${endpoint}${path}`, headers: { host: url.hostname, 'x-forwarded-proto': 'https' } };
}

module.exports = { emulatedAddress };

const endpoint = process.env.EMULATED_ENDPOINT;
if (endpoint !== undefined) {
  const { fetch } = globalThis;
  globalThis.fetch = (resource, options = {}) => {
    if (typeof resource !== 'string' && !(resource instanceof URL)) return fetch(resource, options);
    const { url, headers } = emulatedAddress(String(resource), endpoint);
    const merged = new Headers(options.headers);
    for (const [name, value] of Object.entries(headers)) merged.set(name, value);
    return fetch(url, { ...options, headers: merged });
  };
}
