import { anthropicMessages } from './anthropic-messages.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import type { WireProtocol } from './protocol.ts';

/** The one list of protocols this build serves. */
export const protocols: readonly WireProtocol[] = [openaiChat, openaiEmbeddings, anthropicMessages];
