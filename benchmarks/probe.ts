import { Server } from 'node:net';

/**
 * Loaded into every server process before its own code (`node --require`), the peer's included. It makes the server listen on a
 * free loopback port whatever it asks for, tells which, and answers how much processor time and memory the process has used.
 * None of this is on a request's path.
 */
export interface ProcessUsage {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
}

const listen = Server.prototype.listen;

Server.prototype.listen = function listenOnLoopback(this: Server, ...given: unknown[]): Server {
  this.once('listening', () => {
    const address = this.address();
    if (address !== null && typeof address === 'object')
      process.send?.({ id: 'listening', result: `http://127.0.0.1:${address.port}` });
  });
  const callback = given.find((argument) => typeof argument === 'function');
  return listen.call(this, { port: 0, host: '127.0.0.1' }, callback as (() => void) | undefined);
};

process.on('message', (message: { id: number; ask?: string }) => {
  if (message.ask !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const result: ProcessUsage = { cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() };
  process.send?.({ id: message.id, result });
});

// The run is over, or it died: nothing may outlive it.
process.on('disconnect', () => process.exit());
