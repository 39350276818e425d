import { errorEvent } from '../http/error-envelope.ts';
import type { GatewayError } from '../http/gateway-error.ts';
import { createJsonArrayForm } from '../wire/json-array.ts';
import type { Dialect, RequestFacts } from '../wire/protocol.ts';
import { sseComment } from '../wire/sse.ts';

/** What a stream looks like on its way to the caller. Whoever calls these writes what they return, in that order. */
export interface StreamForm {
  /** `undefined`: the provider's own. */
  readonly contentType: string | undefined;
  /** Something a parser skips, so that no proxy on the way takes silence for death. */
  keepAlive(): Buffer;
  /** Whole server-sent events, as every reader of an answer gives them. */
  events(bytes: Buffer): Buffer;
  /** The last event, which may be empty. */
  end(bytes: Buffer): Buffer;
  /** @throws the error itself, where only a cut connection can tell of it. */
  error(error: GatewayError): Buffer;
}

export function createStreamForm(dialect: Dialect, { streamForm }: RequestFacts, requestId: string): StreamForm {
  if (streamForm === 'bytes') return bytesAsTheyCome;
  return streamForm === 'json-array' ? jsonArray(dialect, requestId) : serverSentEvents(dialect, requestId);
}

const bytesAsTheyCome: StreamForm = {
  contentType: undefined,
  keepAlive: () => Buffer.alloc(0),
  events: (bytes) => bytes,
  end: (bytes) => bytes,
  error: (error) => {
    throw error;
  },
};

const comment = sseComment('keep-alive');
/** https://docs.anthropic.com/en/api/messages-streaming#ping-events */
const ping = Buffer.from('event: ping\ndata: {"type": "ping"}\n\n');

function serverSentEvents(dialect: Dialect, requestId: string): StreamForm {
  let begun = false;
  return {
    contentType: 'text/event-stream; charset=utf-8',
    // A ping belongs between the events of a message; before the first one, only a comment is nobody's business.
    keepAlive: () => (dialect === 'anthropic' && begun ? ping : comment),
    events(bytes) {
      begun = true;
      return bytes;
    },
    end: (bytes) => bytes,
    error: (error) => errorEvent(error, dialect, requestId),
  };
}

/** One JSON array that grows: what Gemini's clients get that do not ask for `alt=sse`. */
function jsonArray(dialect: Dialect, requestId: string): StreamForm {
  const form = createJsonArrayForm();
  const last = (bytes: Buffer): Buffer => Buffer.concat([form.data(bytes), form.close()]);
  return {
    contentType: 'application/json; charset=utf-8',
    keepAlive: () => form.keepAlive(),
    events: (bytes) => form.data(bytes),
    end: last,
    error: (error) => last(errorEvent(error, dialect, requestId)),
  };
}
