import { readCounts, readFinishReason, toUsage } from '../../anthropic-answer.ts';
import { readProof } from '../../canonical/opaque.ts';
import { given } from '../../canonical/read.ts';
import type { AssistantPart, Citation } from '../../canonical/request.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { readCitation } from './citations.ts';

export function decodeResponse(value: unknown): CanonicalResponse | undefined {
  if (!isObject(value) || value['type'] !== 'message') return undefined;
  const { model, stop_sequence: stopSequence } = value;
  const blocks = Array.isArray(value['content']) ? (value['content'] as readonly unknown[]) : [];
  const refusal = readRefusal(value['stop_details']);
  return {
    ...(typeof model === 'string' && { model }),
    choices: [
      {
        content: [
          ...blocks.flatMap(readBlock),
          ...(refusal === undefined ? [] : [{ type: 'refusal' as const, text: refusal }]),
        ],
        finishReason: readFinishReason(value['stop_reason']) ?? 'other',
        ...(typeof stopSequence === 'string' && { stopSequence }),
      },
    ],
    ...given('usage', toUsage(readCounts(value['usage']))),
  };
}

/** What a safety classifier said when it stopped the model. */
export function readRefusal(details: unknown): string | undefined {
  if (!isObject(details) || details['type'] !== 'refusal') return undefined;
  const { explanation } = details;
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined;
}

/** Nothing for the calls and results of tools that Anthropic runs itself: shown as calls, a client would answer them. */
function readBlock(block: unknown): readonly AssistantPart[] {
  if (!isObject(block)) return [];
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: textOf(block['text']), ...given('citations', readCitations(block['citations'])) }];
    case 'thinking': {
      const signature = textOf(block['signature']);
      const state = readProof(signature, 'anthropic');
      return [{ type: 'reasoning', text: textOf(block['thinking']), ...given('state', state) }];
    }
    case 'redacted_thinking':
      return [{ type: 'redacted-reasoning', state: { origin: 'anthropic', value: textOf(block['data']) } }];
    case 'tool_use':
      return [
        {
          type: 'tool-call',
          id: textOf(block['id']),
          name: textOf(block['name']),
          arguments: isObject(block['input']) ? JSON.stringify(block['input']) : '{}',
        },
      ];
    default:
      return [];
  }
}

function readCitations(value: unknown): readonly Citation[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const citations = value.flatMap((entry) => readCitation(entry) ?? []);
  return citations.length === 0 ? undefined : citations;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
