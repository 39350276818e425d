import { given } from '../../canonical/read.ts';
import type { AssistantPart, Citation } from '../../canonical/request.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { finishReason } from './finish-reason.ts';
import { readCitation } from './read-citation.ts';
import { stopSequence } from './stop-sequence.ts';
import { readUsage } from './usage.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. A 200 can carry an error instead: it has no output. */
export function decodeResponse(value: unknown): CanonicalResponse | undefined {
  if (!isObject(value) || !isObject(value['output']) || !isObject(value['output']['message'])) return undefined;
  const { content } = value['output']['message'];
  if (!Array.isArray(content)) return undefined;
  const choice = {
    content: content.flatMap((block: unknown) => (isObject(block) ? decodeBlock(block) : [])),
    finishReason: finishReason(value['stopReason']),
    ...given('stopSequence', stopSequence(value)),
  };
  return { choices: [choice], ...given('usage', readUsage(value['usage'])) };
}

type Fields = Readonly<Record<string, unknown>>;

function decodeBlock(block: Fields): readonly AssistantPart[] {
  if (typeof block['text'] === 'string') return [{ type: 'text', text: block['text'] }];
  if (isObject(block['toolUse'])) return decodeToolUse(block['toolUse']);
  if (isObject(block['reasoningContent'])) return decodeReasoning(block['reasoningContent']);
  if (isObject(block['citationsContent'])) return [decodeCited(block['citationsContent'])];
  return isObject(block['image']) ? decodeImage(block['image']) : [];
}

/** A tool that Bedrock runs itself is no call of the client's. */
function decodeToolUse({ toolUseId, name, input, type }: Fields): readonly AssistantPart[] {
  if (type === 'server_tool_use' || typeof name !== 'string') return [];
  const id = typeof toolUseId === 'string' ? toolUseId : '';
  return [{ type: 'tool-call', id, name, arguments: JSON.stringify(input ?? {}) }];
}

/** Only Claude signs, and its signatures hold wherever it is served. What is redacted has a form of Bedrock's own. */
function decodeReasoning({ reasoningText, redactedContent }: Fields): readonly AssistantPart[] {
  if (typeof redactedContent === 'string') {
    return [{ type: 'redacted-reasoning', state: { origin: 'bedrock', value: redactedContent } }];
  }
  if (!isObject(reasoningText) || typeof reasoningText['text'] !== 'string') return [];
  const { text, signature } = reasoningText;
  const state = typeof signature === 'string' ? ({ origin: 'anthropic', value: signature } as const) : undefined;
  return [{ type: 'reasoning', text, ...given('state', state) }];
}

function decodeCited({ content, citations }: Fields): AssistantPart {
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  const cited: readonly unknown[] = Array.isArray(citations) ? citations : [];
  return {
    type: 'text',
    text: blocks.map((block) => (isObject(block) && typeof block['text'] === 'string' ? block['text'] : '')).join(''),
    citations: cited.map(readCitation).filter((citation): citation is Citation => citation !== undefined),
  };
}

function decodeImage({ format, source }: Fields): readonly AssistantPart[] {
  if (!isObject(source) || typeof source['bytes'] !== 'string' || typeof format !== 'string') return [];
  return [{ type: 'image', source: { kind: 'base64', mediaType: `image/${format}`, data: source['bytes'] } }];
}
