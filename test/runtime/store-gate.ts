import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something between a function and its tables that can stop answering. */
export interface StoreGate {
  readonly url: string;
  /** While closed, whatever is asked is neither passed on nor answered. */
  closed: boolean;
  close(): Promise<void>;
}

export async function startStoreGate(target: string): Promise<StoreGate> {
  const gate = { closed: false };
  const server = createServer((incoming, response) => {
    if (gate.closed) return;
    const { method, headers, url } = incoming;
    const passedOn = forward(new URL(url ?? '/', target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passedOn.on('error', () => response.destroy());
    incoming.pipe(passedOn);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return Object.assign(gate, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  });
}
