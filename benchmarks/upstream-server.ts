import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ModelName, models, streamEvents, wholeAnswer } from './exchange.ts';

/** The provider: answers at once, by the model's name. */

const events = new Map<string, readonly string[]>(
  Object.entries(models).flatMap(([name, { chunks }]) =>
    [true, false].map((withUsage) => [`${name} ${withUsage}`, streamEvents(chunks, withUsage)] as const),
  ),
);

createServer(
  { keepAliveTimeout: 65_000, noDelay: true },
  (incoming, response) => void answer(incoming, response),
).listen();

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await text(incoming)) as { model: string; stream_options?: { include_usage?: boolean } };
  const name = body.model.split('/').at(-1) as ModelName;
  if (models[name].chunks === 0) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(wholeAnswer) });
    response.end(wholeAnswer);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  stream(response, events.get(`${name} ${body.stream_options?.include_usage === true}`) ?? [], models[name].everyMs);
}

/** The first event goes out with the headers. */
function stream(response: ServerResponse, pieces: readonly string[], everyMs: number): void {
  let next = 0;
  const write = (): void => {
    response.write(pieces[next++]);
    if (next < pieces.length) return;
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(write, everyMs);
  response.on('close', () => clearInterval(timer));
  write();
}
