'use strict';

const http = require('node:http');

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

/** `fetch` refuses to send another `host`, by which the emulator knows a distribution. */
function fetchByHost({ url, headers }, { method = 'GET', body, headers: given }) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: { ...Object.fromEntries(new Headers(given)), ...headers } });
    request.once('error', reject).once('response', async (response) => {
      const pieces = await response.toArray();
      resolve(new Response(Buffer.concat(pieces), { status: response.statusCode, headers: response.headers }));
    });
    request.end(body);
  });
}

const endpoint = process.env.EMULATED_ENDPOINT;
if (endpoint !== undefined) {
  const { fetch } = globalThis;
  globalThis.fetch = (resource, options = {}) => {
    if (typeof resource !== 'string' && !(resource instanceof URL)) return fetch(resource, options);
    const address = emulatedAddress(String(resource), endpoint);
    return 'host' in address.headers ? fetchByHost(address, options) : fetch(address.url, options);
  };
}
