import { eventStreamMessages } from '../event-stream.ts';
import {
  canonicalJson,
  count,
  demand,
  type Json,
  Lines,
  object,
  objects,
  type SeenAnswer,
  type SeenUsage,
  string,
} from '../seen.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax */
export function readBedrockConverseAnswer(body: Json): SeenAnswer {
  const message = object(object(body['output'])['message']);
  demand(message['role'] === 'assistant', 'the assistant', message);
  return seenOf(objects(message['content']), body, usageOf(object(body['usage'])));
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export function readBedrockConverseStream(bytes: Buffer): SeenAnswer {
  const blocks = new Map<unknown, StreamedBlock>();
  let end: Json | undefined;
  let usage: SeenUsage | undefined;
  for (const { event, exception, payload: found } of eventStreamMessages(bytes)) {
    const payload = object(found);
    const at = payload['contentBlockIndex'];
    const block = blocks.get(at) ?? { reasoning: '', signature: '', text: '', input: '' };
    if (at !== undefined) blocks.set(at, block);
    const delta = object(payload['delta'] ?? {});
    const reasoning = object(delta['reasoningContent'] ?? {});
    block.text += (delta['text'] as string | undefined) ?? '';
    block.reasoning += (reasoning['text'] as string | undefined) ?? '';
    block.signature += (reasoning['signature'] as string | undefined) ?? '';
    block.input += (object(delta['toolUse'] ?? {})['input'] as string | undefined) ?? '';
    if (event === 'contentBlockStart') block.toolUse = object(object(payload['start'])['toolUse']);
    if (event === 'messageStop') end = payload;
    if (event === 'metadata') usage = usageOf(object(payload['usage']));
    if (exception !== undefined) {
      return {
        ...seenOf([...blocks.values()].map(toContent), { stopReason: 'error' }, undefined),
        error: string(payload['message']),
      };
    }
  }
  demand(end !== undefined, 'messageStop');
  return seenOf([...blocks.values()].map(toContent), end, usage);
}

interface StreamedBlock {
  reasoning: string;
  signature: string;
  text: string;
  /** JSON text of a call's arguments. */
  input: string;
  toolUse?: Json;
}

function toContent({ reasoning: text, signature, input, toolUse, text: said }: StreamedBlock): Json {
  if (toolUse !== undefined) return { toolUse: { ...toolUse, input: JSON.parse(input) as unknown } };
  return text === '' ? { text: said } : { reasoningContent: { reasoningText: { text, signature } } };
}

function seenOf(blocks: readonly Json[], end: Json, usage: SeenUsage | undefined): SeenAnswer {
  const lines = new Lines();
  const finish = finishOf(end['stopReason']);
  const states: string[] = [];
  const callIds: string[] = [];
  for (const { text, reasoningContent, toolUse } of blocks) {
    if (text !== undefined) lines.text(finish === 'refused' ? 'refusal' : 'text', string(text));
    if (reasoningContent !== undefined) {
      const reasoning = object(object(reasoningContent)['reasoningText']);
      lines.text('reasoning', string(reasoning['text']));
      states.push(string(reasoning['signature']));
    }
    if (toolUse !== undefined) {
      const { toolUseId, name, input } = object(toolUse);
      callIds.push(string(toolUseId));
      lines.line(`call ${string(name)} ${canonicalJson(object(input))}`);
    }
  }
  const stopSequence = object(end['additionalModelResponseFields'] ?? {})['stop_sequence'];
  return {
    content: lines.lines,
    finish,
    callIds,
    states,
    usage,
    ...(typeof stopSequence === 'string' && { stopSequence }),
  };
}

function finishOf(reason: unknown): SeenAnswer['finish'] {
  const known = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    tool_use: 'tool_calls',
    content_filtered: 'refused',
    error: 'error',
  } as const;
  const finish = known[reason as keyof typeof known] as SeenAnswer['finish'] | undefined;
  demand(finish !== undefined, 'a known stop reason', reason);
  return finish;
}

function usageOf(usage: Json): SeenUsage {
  const cacheRead = count(usage['cacheReadInputTokens'] ?? 0);
  const cacheWrite = count(usage['cacheWriteInputTokens'] ?? 0);
  const input = count(usage['inputTokens']) + cacheRead + cacheWrite;
  demand(usage['totalTokens'] === input + count(usage['outputTokens']), 'a total that is the sum', usage);
  return { input, cacheRead, cacheWrite, output: count(usage['outputTokens']), reasoning: 0 };
}
