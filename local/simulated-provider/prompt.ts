import type { CachePolicy } from './count-usage.ts';

/** What a request asks, whatever its protocol. */
export interface Prompt {
  /** In order; a separate system prompt comes first. */
  readonly messages: readonly PromptMessage[];
  /** The tools that the request lets the model call, the preferred one first. */
  readonly tools: readonly Tool[];
  /** Whether it may call several at once. */
  readonly parallelCalls: boolean;
  readonly maximumTokens: number;
  readonly stopSequences: readonly string[];
  readonly output: StructuredOutput;
  /** Answers asked for (OpenAI's `n`). */
  readonly choices: number;
  readonly cachePolicy: CachePolicy;
}

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** In the order of the message. */
  readonly media?: readonly Media[];
}

export interface Media {
  readonly kind: 'image' | 'document';
  /** What the model can tell of it, so that a reader sees whether it arrived intact. */
  readonly description: string;
  /** The text of a document that answers may cite. */
  readonly citable?: string;
  readonly title?: string;
}

export interface Tool {
  readonly name: string;
  readonly schema: unknown;
}

export interface StructuredOutput {
  /** The request's member for it. */
  readonly member: string;
  /** JSON schema of the answer; absent: free text. */
  readonly schema?: unknown;
}

/** Stands for a JSON object of any shape, where the request names no schema. */
export const anyObjectSchema = { type: 'object', properties: { answer: { type: 'string' } } } as const;

/** The results of tools that the model has not answered yet. */
export function openToolResults({ messages }: Prompt): readonly PromptMessage[] {
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages.slice(lastAnswer + 1).filter(({ role }) => role === 'tool');
}

/** All media of the conversation, in order. */
export function listMedia({ messages }: Prompt, kind: Media['kind']): readonly Media[] {
  return messages.flatMap(({ media = [] }) => media).filter((each) => each.kind === kind);
}
