import type { EncodingTarget } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses, type Losses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';

export const claude: EncodingTarget = {
  model: 'us.anthropic.claude-sonnet-5-v1:0',
  maxOutputTokens: 4096,
  modelMaxOutputTokens: 64_000,
  maxTokensField: 'max_tokens',
  acceptsStreamOptions: false,
};
export const nova: EncodingTarget = { ...claude, model: 'us.amazon.nova-2-lite-v1:0' };
export const openWeights: EncodingTarget = { ...claude, model: 'openai.gpt-oss-120b-1:0' };
export const llama: EncodingTarget = { ...claude, model: 'meta.llama4-maverick-17b-instruct-v1:0' };

export const hello: CanonicalRequest = {
  stream: false,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
  sampling: {},
  untranslated: [],
};

export const strict = (): Losses => createLosses("Amazon Bedrock's Converse", { dropping: false });
export const dropping = (): Losses => createLosses("Amazon Bedrock's Converse", { dropping: true });
