import type { Answer } from '../answer.ts';
import { type BlockStep, encodeEvent, paceBlocks } from '../exchange.ts';
import { describeTokens } from '../logprobs.ts';
import { citeUrls } from '../openai/annotations.ts';
import { buildItem, buildPart, openItem, openPart, type OutputItem, planItems } from './output-items.ts';
import { buildOpenResponse, buildResponse, type ResponseFrame } from './response-answer.ts';

interface ResponseEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** The answer as server-sent events, numbered. */
export async function* streamResponse(
  frame: ResponseFrame,
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let number = 0;
  for await (const event of listEvents(frame, answer, signal)) {
    yield encodeEvent({ ...event, sequence_number: number }, event.type);
    number += 1;
  }
}

async function* listEvents(frame: ResponseFrame, answer: Answer, signal: AbortSignal): AsyncGenerator<ResponseEvent> {
  const open = buildOpenResponse(frame);
  const items = planItems(answer);
  yield { type: 'response.created', response: open };
  yield { type: 'response.in_progress', response: open };
  for await (const block of paceBlocks(answer, signal)) {
    const item = items[block.index];
    if (item !== undefined) yield* listItemEvents(block, item, { frame, answer });
  }
  if (answer.ending === 'failure') {
    const error = { code: 'server_error', message: 'The model failed in the middle, as asked.' };
    yield { type: 'response.failed', response: { ...open, status: 'failed', error } };
    return;
  }
  const complete = answer.ending !== 'length' && answer.ending !== 'filtered';
  const type = complete ? 'response.completed' : 'response.incomplete';
  yield { type, response: buildResponse(frame, answer, items) };
}

interface Context {
  readonly frame: ResponseFrame;
  readonly answer: Answer;
}

function* listItemEvents(block: BlockStep, item: OutputItem, context: Context): Generator<ResponseEvent> {
  const output_index = block.index;
  if (block.step === 'start') {
    yield { type: 'response.output_item.added', output_index, item: openItem(item, context.answer) };
  }
  switch (item.piece.kind) {
    case 'reasoning':
      if (context.frame.summary) yield* listSummaryEvents(block, item);
      break;
    case 'tool-arguments':
      yield* listCallEvents(block, item, context);
      break;
    default:
      yield* listTextEvents(block, item, context);
  }
  if (block.step === 'end') {
    yield { type: 'response.output_item.done', output_index, item: buildItem(item, context.answer, context.frame) };
  }
}

function* listSummaryEvents(block: BlockStep, { id }: OutputItem): Generator<ResponseEvent> {
  const place = { item_id: id, output_index: block.index, summary_index: 0 };
  const part = (text: string) => ({ type: 'summary_text', text });
  if (block.step === 'start') {
    yield { type: 'response.reasoning_summary_part.added', ...place, part: part('') };
  } else if (block.step === 'delta') {
    yield { type: 'response.reasoning_summary_text.delta', ...place, delta: block.piece.text };
  } else {
    yield { type: 'response.reasoning_summary_text.done', ...place, text: block.text };
    yield { type: 'response.reasoning_summary_part.done', ...place, part: part(block.text) };
  }
}

function* listCallEvents(block: BlockStep, { id, piece }: OutputItem, { answer }: Context): Generator<ResponseEvent> {
  const place = { item_id: id, output_index: block.index };
  const name = answer.calls[piece.call ?? 0];
  if (block.step === 'delta') {
    yield { type: 'response.function_call_arguments.delta', ...place, delta: block.piece.text };
  } else if (block.step === 'end') {
    yield { type: 'response.function_call_arguments.done', ...place, name, arguments: block.text };
  }
}

function* listTextEvents(block: BlockStep, { id, piece }: OutputItem, context: Context): Generator<ResponseEvent> {
  const { frame, answer } = context;
  const place = { item_id: id, output_index: block.index, content_index: 0 };
  const isRefusal = piece.kind === 'refusal';
  const weigh = (tokens: readonly string[]) =>
    isRefusal ? {} : { logprobs: frame.logprobs === undefined ? [] : describeTokens(tokens, frame.logprobs) };
  const type = isRefusal ? 'response.refusal' : 'response.output_text';
  if (block.step === 'start') {
    yield { type: 'response.content_part.added', ...place, part: openPart(piece) };
  } else if (block.step === 'delta') {
    yield { type: `${type}.delta`, ...place, delta: block.piece.text, ...weigh([block.piece.text]) };
  } else {
    for (const [annotation_index, annotation] of (isRefusal ? [] : citeUrls(answer)).entries()) {
      yield { type: 'response.output_text.annotation.added', ...place, annotation_index, annotation };
    }
    const tokens = answer.pieces.filter(({ kind }) => kind === piece.kind).map(({ text }) => text);
    yield { type: `${type}.done`, ...place, [isRefusal ? 'refusal' : 'text']: block.text, ...weigh(tokens) };
    yield { type: 'response.content_part.done', ...place, part: buildPart(piece, answer, frame) };
  }
}
