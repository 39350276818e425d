import { type JsonBody, withMembers } from './json-body.ts';
import { invalid } from './json-fields.ts';
import { mediaFacts } from './media-facts.ts';
import { createMediaStreamTap } from './media-stream-tap.ts';
import type { RequestFacts, WireProtocol } from './protocol.ts';

/**
 * OpenAI speech: bytes of audio, or events with pieces of it. Only events tell tokens; the unit beside tokens is a character of the
 * text, which the request tells. https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
export const openaiSpeech = {
  name: 'openai-speech',
  dialect: 'openai',
  readRequest,
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { model: changes.model }),
  // Audio is always passed on as it comes.
  readResponse: () => undefined,
  createStreamTap: () => createMediaStreamTap('speech.audio.done'),
} as const satisfies WireProtocol;

/**
 * A second of audio is 20 tokens (https://platform.openai.com/docs/guides/realtime-costs) and about 15 characters of English: three
 * tokens for a character is speech at less than half of the usual pace.
 */
const tokensPerCharacter = 3;
const tokensOfPauses = 200;

function readRequest(body: JsonBody): RequestFacts {
  const { input, instructions } = body.value;
  if (typeof input !== 'string' || input === '') throw invalid('input', 'must be a string that is not empty');
  const spoken = typeof instructions === 'string' ? input + instructions : input;
  const characters = input.match(/./gsu)?.length ?? 0;
  const facts = mediaFacts(body.value, {
    stream: true,
    hasReferences: false,
    choices: 1,
    outputTokens: characters * tokensPerCharacter + tokensOfPauses,
    atMost: { inputTokens: Buffer.byteLength(spoken), billedUnits: characters },
  });
  return body.value['stream_format'] === 'sse' ? facts : { ...facts, streamForm: 'bytes' };
}
