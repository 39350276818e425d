import type { AnswerContext } from '../../canonical/codec.ts';
import type { AssistantPart } from '../../canonical/request.ts';
import type { BlockStart, CanonicalResponse, Choice } from '../../canonical/response.ts';
import { declaredTools } from './declared-tools.ts';
import { type BlockEvent, OutputItems } from './output-items.ts';
import { outcomeOf, type ResponseObject, seedOf, writeResponse } from './response-object.ts';

/** Says the answer block by block, as a stream would, so that both come to the same items. */
export function encodeResponse({ model, choices, usage }: CanonicalResponse, context: AnswerContext): ResponseObject {
  const output = new OutputItems({ seed: seedOf(context), tools: declaredTools(context.request['tools']) });
  const [choice] = choices;
  if (choice !== undefined) for (const event of blocksOf(choice)) output.write(event);
  const outcome = outcomeOf(choice?.finishReason ?? 'other', output.items);
  output.close(outcome.status === 'incomplete' ? 'incomplete' : 'completed');
  return writeResponse({ ...outcome, model, output: output.items, usage }, context);
}

function blocksOf({ content, logprobs = [] }: Choice): BlockEvent[] {
  const logged = logprobs.length === 0 ? -1 : content.findIndex(({ type }) => type === 'text');
  return content.flatMap((part, index): BlockEvent[] => {
    const at = { choice: 0, index };
    const block = blockOf(part);
    if (block === undefined) return [];
    const state = 'state' in part && (part.type === 'text' || part.type === 'reasoning') ? part.state : undefined;
    return [
      { type: 'block-start', ...at, block },
      { type: 'delta', ...at, text: textOf(part) },
      ...citationsOf(part).map((citation): BlockEvent => ({ type: 'citation', ...at, citation })),
      ...(index === logged ? [{ type: 'logprobs', ...at, logprobs } as const] : []),
      ...(state === undefined ? [] : [{ type: 'state', ...at, state } as const]),
      { type: 'block-stop', ...at },
    ];
  });
}

function blockOf(part: AssistantPart): BlockStart | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return { kind: part.type };
    case 'redacted-reasoning':
      return { kind: part.type, state: part.state };
    case 'tool-call': {
      const { id, name, state } = part;
      return { kind: part.type, id, name, ...(state !== undefined && { state }) };
    }
    case 'image': {
      const { source } = part;
      // Models make images, not links to them.
      return source.kind === 'base64' ? { kind: 'image', mediaType: source.mediaType, data: source.data } : undefined;
    }
  }
}

function textOf(part: AssistantPart): string {
  if (part.type === 'tool-call') return part.arguments;
  return 'text' in part ? part.text : '';
}

function citationsOf(part: AssistantPart): NonNullable<Extract<AssistantPart, { type: 'text' }>['citations']> {
  return part.type === 'text' ? (part.citations ?? []) : [];
}
