import { readFileSync } from 'node:fs';
import type { ClientProtocol, UpstreamProtocol } from './cases.ts';
import { eventStreamBytes } from './event-stream.ts';
import { json, type Json } from './seen.ts';

/** What a client of the protocol sends; see fixtures/README.md. @throws where the fixture is missing. */
export function requestFixture(protocol: ClientProtocol, name: string): Json {
  return json(read(protocol, `${name}.request.json`));
}

/** What a provider answers to it. */
export function responseFixture(protocol: UpstreamProtocol, name: string): Json {
  return json(read(protocol, `${name}.response.json`));
}

/** The bytes of its stream. */
export function streamFixture(protocol: UpstreamProtocol, name: string): Buffer {
  return protocol === 'bedrock-converse'
    ? eventStreamBytes(read(protocol, `${name}.stream.jsonl`))
    : Buffer.from(read(protocol, `${name}.stream.sse`));
}

function read(protocol: string, file: string): string {
  return readFileSync(new URL(`fixtures/${protocol}/${file}`, import.meta.url), 'utf8');
}
