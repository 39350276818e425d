import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
);

/** One message as Bedrock frames it; `p` pads the payload of its events to a length that says nothing. */
export function frame(name: string, payload: object): Buffer {
  return encode({ ':event-type': name, ':message-type': 'event' }, { ...payload, p: 'abcdefgh' });
}

export function exceptionFrame(name: string, payload: object): Buffer {
  return encode({ ':exception-type': name, ':message-type': 'exception' }, payload);
}

function encode(values: Readonly<Record<string, string>>, payload: object): Buffer {
  const headers: MessageHeaders = { ':content-type': { type: 'string', value: 'application/json' } };
  for (const [name, value] of Object.entries(values)) headers[name] = { type: 'string', value };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) }));
}
