import type { ModelCapabilities } from '../../wire/canonical/codec.ts';

/** What families of models take and can, for the rows of the catalog. */

const agent = { tools: true, structuredOutput: true } as const;

/** Text in, text out. */
export const text = { ...agent, input: ['text'], reasoning: false } as const satisfies ModelCapabilities;
export const textReasoning = { ...text, reasoning: true } as const satisfies ModelCapabilities;

export const vision = { ...agent, input: ['text', 'image'], reasoning: false } as const satisfies ModelCapabilities;
export const visionReasoning = { ...vision, reasoning: true } as const satisfies ModelCapabilities;

export const documents = {
  ...agent,
  input: ['text', 'image', 'pdf'],
  reasoning: false,
} as const satisfies ModelCapabilities;
export const documentsReasoning = { ...documents, reasoning: true } as const satisfies ModelCapabilities;

export const everyInput = {
  ...agent,
  input: ['text', 'image', 'pdf', 'audio', 'video'],
  reasoning: true,
} as const satisfies ModelCapabilities;
