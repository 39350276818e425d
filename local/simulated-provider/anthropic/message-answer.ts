import { createHash, randomUUID } from 'node:crypto';
import { type Answer, joinPieces, type Piece } from './answer.ts';
import { pacePieces } from './exchange.ts';
import { isRecord } from './json.ts';
import { Refusal, refusalBody } from './refusal.ts';

const stopReasons = {
  complete: 'end_turn',
  length: 'max_tokens',
  'tool-call': 'tool_use',
  failure: 'end_turn',
} as const;

interface BlockFormat {
  /** The block before its first delta. */
  readonly open: (toolName: string) => object;
  readonly delta: (text: string) => object;
  /** What the finished block has beyond the open one. */
  readonly complete: (text: string) => object;
}

const blockFormats: Readonly<Record<Piece['kind'], BlockFormat>> = {
  text: {
    open: () => ({ type: 'text', text: '' }),
    delta: (text) => ({ type: 'text_delta', text }),
    complete: (text) => ({ text }),
  },
  reasoning: {
    open: () => ({ type: 'thinking', thinking: '', signature: '' }),
    delta: (thinking) => ({ type: 'thinking_delta', thinking }),
    complete: (thinking) => ({ thinking, signature: sign(thinking) }),
  },
  'tool-arguments': {
    open: (name) => ({ type: 'tool_use', id: `toolu_${randomUUID()}`, name, input: {} }),
    delta: (fragment) => ({ type: 'input_json_delta', partial_json: fragment }),
    complete: (text) => ({ input: parseArguments(text) }),
  },
};

/** The whole answer in one document; `message` holds what does not depend on it. */
export function buildMessage(message: object, answer: Answer): object {
  return {
    ...message,
    content: joinPieces(answer.pieces).map(({ kind, text }) => ({
      ...blockFormats[kind].open(answer.toolName),
      ...blockFormats[kind].complete(text),
    })),
    stop_reason: stopReasons[answer.ending],
    stop_sequence: null,
    usage: buildUsage(answer, answer.usage.outputTokens),
  };
}

/** The answer as server-sent events. */
export async function* streamMessage(message: object, answer: Answer, signal: AbortSignal): AsyncGenerator<string> {
  const open = { ...message, content: [], stop_reason: null, stop_sequence: null };
  const usageSoFar = buildUsage(answer, Math.min(1, answer.usage.outputTokens));
  yield encodeEvent('message_start', { message: { ...open, usage: usageSoFar } });
  yield encodeEvent('ping', {});

  yield* streamBlocks(answer, signal);
  if (answer.ending === 'failure') {
    const refusal = new Refusal('overloaded', 'The model failed in the middle of its answer, as asked.');
    yield encodeEvent('error', refusalBody('anthropic', refusal));
    return;
  }
  yield encodeEvent('message_delta', {
    delta: { stop_reason: stopReasons[answer.ending], stop_sequence: null },
    usage: buildUsage(answer, answer.usage.outputTokens),
  });
  yield encodeEvent('message_stop', {});
}

async function* streamBlocks(answer: Answer, signal: AbortSignal): AsyncGenerator<string> {
  let index = -1;
  let openKind: Piece['kind'] | undefined;
  let thinking = '';
  const closeBlock = (): string => {
    const signature = { index, delta: { type: 'signature_delta', signature: sign(thinking) } };
    const signed = openKind === 'reasoning' ? encodeEvent('content_block_delta', signature) : '';
    return signed + encodeEvent('content_block_stop', { index });
  };
  for await (const piece of pacePieces(answer, signal)) {
    if (piece.kind !== openKind) {
      if (openKind !== undefined) yield closeBlock();
      openKind = piece.kind;
      index += 1;
      yield encodeEvent('content_block_start', {
        index,
        content_block: blockFormats[piece.kind].open(answer.toolName),
      });
    }
    if (piece.kind === 'reasoning') thinking += piece.text;
    yield encodeEvent('content_block_delta', { index, delta: blockFormats[piece.kind].delta(piece.text) });
  }
  // A model that fails in the middle leaves its block open.
  if (openKind !== undefined && answer.ending !== 'failure') yield closeBlock();
}

/** Arguments cut by `max_tokens` are not JSON; `input` has to be an object all the same. */
function parseArguments(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** Opaque to clients, who must hand it back unchanged. */
function sign(thinking: string): string {
  return createHash('sha512').update(thinking).digest('base64');
}

function encodeEvent(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

function buildUsage({ usage }: Answer, outputTokens: number): object {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens,
    },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: Math.min(usage.reasoningTokens, outputTokens) },
    service_tier: 'standard',
  };
}
