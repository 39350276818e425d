import type { ServerResponse } from 'node:http';
import type { Handler } from '../fixtures/upstream.ts';

/** A provider's stream whose every event waits until the test sends it. */
export interface HeldStream {
  /** Of an upstream that serves one such request. */
  readonly handler: Handler;
  /** Waits for the request where it is not there yet. */
  send(event: string): Promise<void>;
  end(): Promise<void>;
}

export function holdStream(): HeldStream {
  const { promise: opened, resolve: open } = Promise.withResolvers<ServerResponse>();
  return {
    handler: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      open(response);
    },
    send: async (event) => void (await opened).write(event),
    end: async () => void (await opened).end(),
  };
}

/**
 * What the caller was given after each event. The provider sends the next only then, so an event that is here was not held back
 * for a later one, however slow the machine is; one that is held back never comes, and the test runs out of time. An answer in the
 * provider's own protocol is as long as its events; of any other, something must have come.
 */
export async function followOneByOne(
  provider: HeldStream,
  answering: Promise<Response>,
  events: readonly string[],
  lengthOf = (event: string): number => event.length,
): Promise<string[]> {
  const seen: string[] = [];
  let read: ((length: number) => Promise<string>) | undefined;
  for (const [index, event] of events.entries()) {
    await provider.send(event);
    if (index === events.length - 1) await provider.end();
    // Not earlier: the gateway holds its status back until the first event.
    read ??= readText(await answering);
    seen.push(await read(lengthOf(event)));
  }
  return seen;
}

/** Reads at least so many characters, or to the end. */
function readText({ body }: Response): (length: number) => Promise<string> {
  if (!body) throw new Error('an answer without a body');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  return async (length) => {
    let text = '';
    while (text.length < length) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
    return text;
  };
}
