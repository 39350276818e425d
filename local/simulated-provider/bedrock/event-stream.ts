import { crc32 } from 'node:zlib';

/** The type of a header whose value is text. */
const text = 7;

/**
 * One message of `application/vnd.amazon.eventstream`: both lengths and their checksum, headers, payload, checksum of it all.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the encoding.
 */
function encodeFrame(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const body = Buffer.from(JSON.stringify(payload));
  const frame = Buffer.alloc(12 + head.length + body.length + 4);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(head.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  head.copy(frame, 12);
  body.copy(frame, 12 + head.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

export function encodeEventFrame(name: string, payload: object): Buffer {
  return encodeFrame({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' }, payload);
}

export function encodeExceptionFrame(name: string, payload: object): Buffer {
  return encodeFrame(
    { ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' },
    payload,
  );
}

function encodeHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([text]),
    length,
    Buffer.from(value),
  ]);
}
