/**
 * The wire protocols Gatehouse knows by name, and what each is for. Protocols of one kind are translated into each other where a
 * codec exists; a protocol alone in its kind, or without a codec, is only passed through.
 */
const kinds = {
  'openai-chat': 'chat',
  'openai-responses': 'chat',
  'openai-embeddings': 'embeddings',
  'anthropic-messages': 'chat',
  gemini: 'chat',
  'bedrock-converse': 'chat',
  'anthropic-count-tokens': 'count-tokens',
  'openai-count-tokens': 'count-tokens',
  'gemini-count-tokens': 'count-tokens',
  'gemini-embeddings': 'embeddings',
  'bedrock-embeddings': 'embeddings',
  'cohere-embeddings': 'embeddings',
  'voyage-embeddings': 'embeddings',
  'openai-images': 'images',
  'openai-speech': 'speech',
  'openai-transcriptions': 'transcriptions',
  'openai-moderations': 'moderations',
  rerank: 'rerank',
} as const;

export type ProtocolName = keyof typeof kinds;
export type ProtocolKind = (typeof kinds)[ProtocolName];

export const protocolNames = Object.keys(kinds) as readonly ProtocolName[];

export function protocolKind(name: ProtocolName): ProtocolKind {
  return kinds[name];
}
