import { EventStreamCodec } from '@smithy/eventstream-codec';
import { json, type Json } from './seen.ts';

/**
 * AWS event-stream messages by the SDK's own codec, so that ours is not judged by itself. Fixtures hold one message a line:
 * `{"event": "contentBlockDelta", "payload": {…}}`, or `"exception"` in place of `"event"`.
 */
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text),
);

export function eventStreamBytes(lines: string): Buffer {
  return Buffer.concat(
    lines
      .trim()
      .split('\n')
      .map((line) => messageBytes(json(line))),
  );
}

export function messageBytes({ event, exception, payload }: Json): Buffer {
  const name = event === undefined ? ':exception-type' : ':event-type';
  const headers = {
    [name]: { type: 'string' as const, value: String(event ?? exception) },
    ':content-type': { type: 'string' as const, value: 'application/json' },
    ':message-type': { type: 'string' as const, value: event === undefined ? 'exception' : 'event' },
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(payload)) }));
}

/** Reverses `eventStreamBytes`. */
export function eventStreamMessages(bytes: Buffer): Json[] {
  const messages: Json[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const { headers, body } = codec.decode(bytes.subarray(at, at + bytes.readUInt32BE(at)));
    const payload: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    messages.push({ event: headers[':event-type']?.value, exception: headers[':exception-type']?.value, payload });
  }
  return messages;
}
