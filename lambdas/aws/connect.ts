import { isIP, connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Starts a connection; `onConnect` is called when it stands, over TLS with the peer's certificate verified. */
export type Connect = (onConnect: () => void) => Socket;

/** Certificates are verified against what Node trusts, `NODE_EXTRA_CA_CERTS` included. */
export function createConnect(url: URL): Connect {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'https:') {
    const target = { host, port: Number(url.port || 80), noDelay: true };
    return (onConnect) => connectTcp(target, onConnect);
  }
  const target = {
    host,
    port: Number(url.port || 443),
    noDelay: true,
    ALPNProtocols: ['http/1.1'],
    // An address may not be sent as a server name; the certificate is checked against it all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
  // A resumed session saves a cold start with several connections most of their handshakes' CPU.
  let session: Buffer | undefined;
  return (onConnect) => {
    const socket = connectTls(session === undefined ? target : { ...target, session }, onConnect);
    socket.on('session', (ticket) => (session = ticket));
    // It may be the session that the peer did not like.
    socket.on('error', () => (session = undefined));
    return socket;
  };
}
