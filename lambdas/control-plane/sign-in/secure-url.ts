const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether nobody between us and the server can change what it answers: https, or a server on this machine. */
export function isSecureUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.has(url.hostname));
}
