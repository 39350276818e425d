/** The wire protocols Gatehouse knows by name. Which of them a build serves is decided by the endpoints of `data-plane/handle.ts`. */
export const protocolNames = [
  'openai-chat',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
] as const;

export type ProtocolName = (typeof protocolNames)[number];
