import type { AnswerContext, StreamEncoder } from '../../canonical/codec.ts';
import { encodeToolCallId, type OpaqueState } from '../../canonical/opaque.ts';
import type { BlockStart, CanonicalEvent } from '../../canonical/response.ts';
import { writeAnnotation } from './annotations.ts';
import { completionId, writeImage } from './encode-response.ts';
import { writeFinishReason } from './finish-reason.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeReasoningText, writeRedactedReasoning, writeStateOfText } from './reasoning-details.ts';
import { writeUsage } from './usage.ts';

/** What is counted in one choice. */
interface ChoiceState {
  /** Of the open block. */
  kind: BlockStart['kind'];
  calls: number;
  images: number;
  /** Text and state of the open block of reasoning. */
  reasoning: string[];
  proof: OpaqueState | undefined;
  details: number;
  refused: boolean;
  /** UTF-16 units of text, before the open block and with it. */
  textStart: number;
  textEnd: number;
}

type BlockEvent = Exclude<CanonicalEvent, { type: 'start' | 'end' | 'finish' }>;

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function createStreamEncoder(context: AnswerContext): StreamEncoder {
  const choices = new Map<number, ChoiceState>();

  /** The members that are the same in every event. */
  const head = {
    id: completionId(context),
    object: 'chat.completion.chunk',
    created: context.createdAt,
    model: context.model,
  };
  const event = (members: object): string => `data: ${JSON.stringify({ ...head, ...members })}\n\n`;
  /** A client that asked for usage gets it in the last chunk, and none in every other. */
  const chunk = (index: number, delta: object, finish: { reason?: string; logprobs?: object } = {}): string => {
    const { reason = null, logprobs } = finish;
    const choice = { index, delta, ...(logprobs !== undefined && { logprobs }), finish_reason: reason };
    return event({ choices: [choice], ...(context.includeUsage && { usage: null }) });
  };
  /** The role comes first, once. */
  const begun = (index: number): { state: ChoiceState; role: string } => {
    const known = choices.get(index);
    if (known !== undefined) return { state: known, role: '' };
    const state: ChoiceState = {
      kind: 'text',
      calls: 0,
      images: 0,
      reasoning: [],
      proof: undefined,
      details: 0,
      refused: false,
      textStart: 0,
      textEnd: 0,
    };
    choices.set(index, state);
    return { state, role: chunk(index, { role: 'assistant', content: '' }) };
  };

  return {
    encode(canonical) {
      switch (canonical.type) {
        case 'start':
          head.model = canonical.model ?? head.model;
          return begun(0).role;
        case 'finish': {
          const { state, role } = begun(canonical.choice);
          const reason = writeFinishReason(canonical.reason, state.refused);
          return role + chunk(canonical.choice, {}, { reason });
        }
        case 'end': {
          const { usage } = canonical;
          const told = context.includeUsage && usage !== undefined;
          return `${told ? event({ choices: [], usage: writeUsage(usage) }) : ''}data: [DONE]\n\n`;
        }
        case 'logprobs': {
          const { role } = begun(canonical.choice);
          return role + chunk(canonical.choice, {}, { logprobs: writeLogprobs(canonical.logprobs) });
        }
        default: {
          const { state, role } = begun(canonical.choice);
          const delta = encodeDelta(canonical, state);
          return delta === undefined ? role : role + chunk(canonical.choice, delta);
        }
      }
    },
  };
}

function encodeDelta(event: Exclude<BlockEvent, { type: 'logprobs' }>, state: ChoiceState): object | undefined {
  switch (event.type) {
    case 'block-start':
      return encodeBlockStart(event.block, state);
    case 'delta':
      return encodeText(event.text, state);
    case 'citation': {
      const span = { start: state.textStart, end: state.textEnd };
      const annotation = writeAnnotation(event.citation, span);
      return annotation === undefined ? undefined : { annotations: [annotation] };
    }
    case 'state':
      if (state.kind === 'text') return { reasoning_details: [writeStateOfText(event.state, nextDetail(state))] };
      state.proof = event.state;
      return undefined;
    case 'block-stop':
      return state.kind === 'reasoning' ? encodeReasoning(state) : undefined;
  }
}

function encodeBlockStart(block: BlockStart, state: ChoiceState): object | undefined {
  state.kind = block.kind;
  switch (block.kind) {
    case 'text':
      state.textStart = state.textEnd;
      return undefined;
    case 'refusal':
      state.refused = true;
      return undefined;
    case 'reasoning':
      return undefined;
    case 'redacted-reasoning':
      return { reasoning_details: [writeRedactedReasoning(block.state, nextDetail(state))] };
    case 'tool-call': {
      const index = state.calls;
      state.calls += 1;
      const called = { name: block.name, arguments: '' };
      const id = encodeToolCallId(block.id, block.state);
      return { tool_calls: [{ index, id, type: 'function', function: called }] };
    }
    case 'image': {
      const index = state.images;
      state.images += 1;
      return { images: [writeImage({ kind: 'base64', mediaType: block.mediaType, data: block.data }, index)] };
    }
  }
}

function encodeText(text: string, state: ChoiceState): object | undefined {
  switch (state.kind) {
    case 'text':
      state.textEnd += text.length;
      return { content: text };
    case 'refusal':
      return { refusal: text };
    case 'reasoning':
      state.reasoning.push(text);
      return { reasoning_content: text };
    case 'tool-call':
      return { tool_calls: [{ index: state.calls - 1, function: { arguments: text } }] };
    case 'redacted-reasoning':
    case 'image':
      return undefined;
  }
}

/**
 * What a client sends back, once for each block and whole: OpenAI's SDK keeps only the last value of a member it does not know, and
 * others append.
 */
function encodeReasoning(state: ChoiceState): object {
  const detail = writeReasoningText(state.reasoning.splice(0).join(''), state.proof, nextDetail(state));
  state.proof = undefined;
  return { reasoning_details: [detail] };
}

function nextDetail(state: ChoiceState): number {
  const index = state.details;
  state.details += 1;
  return index;
}
