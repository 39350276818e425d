import type { ProtocolName } from '../lambdas/wire/protocol-name.ts';
import { encodeEventFrame } from '../local/simulated-provider/bedrock/event-stream.ts';

/** One and the same answer in the bytes of every upstream protocol, with all that its vendor repeats in each event. */
export interface ProviderAnswer {
  /** One event each, as a socket gives them that waits for the model. */
  readonly stream: readonly Buffer[];
  readonly whole: Buffer;
}

/** A text of 1,600 pieces, then eight calls whose arguments come in 50 pieces each. */
const textPieces = 1_600;
const calls = 8;
const argumentPieces = 50;

/** Tokens, one of ten beyond ASCII. */
const tokens = [' The', ' parcel', ' was', ' handed', ' over', ' in', ' Zürich', ',', ' "signed', '"'];
const texts = Array.from({ length: textPieces }, (_, index) => tokens[index % tokens.length] ?? '');

/** JSON as models write it: its quotes are escaped a second time on the wire. */
const argumentTexts = [
  '{"notes":["',
  ...Array.from({ length: argumentPieces - 2 }, (_, index) => (index % 4 === 3 ? '","' : ' note')),
  '"]}',
];
const argumentsValue: unknown = JSON.parse(argumentTexts.join(''));

const callIndices = Array.from({ length: calls }, (_, index) => index);
const wholeText = texts.slice(0, 200).join('');
const wholeCalls = callIndices.slice(0, 2);
const filler = 'aBcDeFgHiJkLmN';

function sse(payload: object, name?: string): Buffer {
  return Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(payload)}\n\n`);
}

function bytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function openaiChat(): ProviderAnswer {
  const head = { id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT', created: 1_741_569_952, model: 'gpt-5.2-2025-12-11' };
  const usage = { prompt_tokens: 1_200, completion_tokens: 2_000, total_tokens: 3_200 };
  const chunk = (choices: readonly object[], counted: object | null = null): Buffer =>
    sse({
      ...head,
      object: 'chat.completion.chunk',
      service_tier: 'default',
      system_fingerprint: 'fp_560af6e559',
      choices,
      usage: counted,
      obfuscation: filler,
    });
  const delta = (content: object, finish: string | null = null): Buffer =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: finish }]);
  const call = (index: number, words: string): object => ({
    id: `call_DdmO9pD3xa9XTPNJ32zg2h${index}A`,
    type: 'function',
    function: { name: 'add_notes', arguments: words },
  });
  const stream = [
    delta({ role: 'assistant', content: '', refusal: null }),
    ...texts.map((content) => delta({ content })),
    ...callIndices.flatMap((index) => [
      delta({ tool_calls: [{ index, ...call(index, '') }] }),
      ...argumentTexts.map((text) => delta({ tool_calls: [{ index, function: { arguments: text } }] })),
    ]),
    delta({}, 'tool_calls'),
    chunk([], usage),
    Buffer.from('data: [DONE]\n\n'),
  ];
  const message = {
    role: 'assistant',
    content: wholeText,
    tool_calls: wholeCalls.map((index) => call(index, argumentTexts.join(''))),
    refusal: null,
    annotations: [],
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: 'tool_calls' };
  return { stream, whole: bytes({ ...head, object: 'chat.completion', choices: [choice], usage }) };
}

function openaiResponses(): ProviderAnswer {
  const message = (text: string): object => ({
    id: 'msg_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d41',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', annotations: [], logprobs: [], text }],
  });
  const call = (index: number, words: string): object => ({
    id: `fc_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d4${index}`,
    type: 'function_call',
    status: 'completed',
    arguments: words,
    call_id: `call_DdmO9pD3xa9XTPNJ32zg2h${index}A`,
    name: 'add_notes',
  });
  const response = (output: readonly object[], status = 'completed'): object => ({
    id: 'resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41',
    object: 'response',
    created_at: 1_741_476_777,
    status,
    model: 'gpt-5.2-2025-12-11',
    output,
    usage: {
      input_tokens: 1_200,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 2_000,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 3_200,
    },
  });
  let sequence = 0;
  const event = (type: string, members: object): Buffer => sse({ type, sequence_number: sequence++, ...members }, type);
  const at = { item_id: 'msg_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d41', output_index: 0, content_index: 0 };
  const stream = [
    event('response.created', { response: { ...response([], 'in_progress'), usage: null } }),
    event('response.output_item.added', { output_index: 0, item: { ...message(''), content: [] } }),
    event('response.content_part.added', { ...at, part: { type: 'output_text', annotations: [], text: '' } }),
    ...texts.map((delta) => event('response.output_text.delta', { ...at, delta, logprobs: [], obfuscation: filler })),
    event('response.output_text.done', { ...at, text: texts.join(''), logprobs: [] }),
    event('response.content_part.done', {
      ...at,
      part: { type: 'output_text', annotations: [], text: texts.join('') },
    }),
    event('response.output_item.done', { output_index: 0, item: message(texts.join('')) }),
    ...callIndices.flatMap((index) => {
      const place = { item_id: `fc_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d4${index}`, output_index: index + 1 };
      return [
        event('response.output_item.added', { output_index: index + 1, item: call(index, '') }),
        ...argumentTexts.map((delta) =>
          event('response.function_call_arguments.delta', { ...place, delta, obfuscation: filler }),
        ),
        event('response.function_call_arguments.done', { ...place, arguments: argumentTexts.join('') }),
        event('response.output_item.done', { output_index: index + 1, item: call(index, argumentTexts.join('')) }),
      ];
    }),
    event('response.completed', { response: response([message(texts.join(''))]) }),
  ];
  const output = [message(wholeText), ...wholeCalls.map((index) => call(index, argumentTexts.join('')))];
  return { stream, whole: bytes(response(output)) };
}

function anthropicMessages(): ProviderAnswer {
  const usage = { input_tokens: 1_200, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const head = {
    id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    stop_sequence: null,
  };
  const call = (index: number, input: unknown): object => ({
    type: 'tool_use',
    id: `toolu_01T1x1fJ34qAmk2tNTrN7Up${index}`,
    name: 'add_notes',
    input,
  });
  const event = (type: string, members: object): Buffer => sse({ type, ...members }, type);
  const delta = (index: number, content: object): Buffer => event('content_block_delta', { index, delta: content });
  const block = (index: number, start: object, deltas: readonly object[]): Buffer[] => [
    event('content_block_start', { index, content_block: start }),
    ...deltas.map((content) => delta(index, content)),
    event('content_block_stop', { index }),
  ];
  const stream = [
    event('message_start', {
      message: { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
    }),
    ...block(
      0,
      { type: 'text', text: '' },
      texts.map((text) => ({ type: 'text_delta', text })),
    ),
    ...callIndices.flatMap((index) =>
      block(
        index + 1,
        call(index, {}),
        argumentTexts.map((text) => ({ type: 'input_json_delta', partial_json: text })),
      ),
    ),
    event('message_delta', {
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { ...usage, output_tokens: 2_000 },
    }),
    event('message_stop', {}),
  ];
  const content = [{ type: 'text', text: wholeText }, ...wholeCalls.map((index) => call(index, argumentsValue))];
  const counted = { ...usage, output_tokens: 2_000 };
  return { stream, whole: bytes({ ...head, content, stop_reason: 'tool_use', usage: counted }) };
}

/** Calls come whole, lines end in CRLF, and each chunk tells the usage so far. */
function gemini(): ProviderAnswer {
  const response = (parts: readonly object[], finish: object = {}): object => ({
    candidates: [{ content: { parts, role: 'model' }, ...finish, index: 0 }],
    usageMetadata: {
      promptTokenCount: 1_200,
      candidatesTokenCount: 2_000,
      totalTokenCount: 3_200,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 1_200 }],
    },
    modelVersion: 'gemini-2.5-pro',
    responseId: 'Kx1EaPiKHbKZvdIPp5CGsQs',
  });
  const call = { functionCall: { name: 'add_notes', args: argumentsValue } };
  const chunk = (parts: readonly object[], finish?: object): Buffer =>
    Buffer.from(`data: ${JSON.stringify(response(parts, finish))}\r\n\r\n`);
  const stop = { finishReason: 'STOP' };
  const stream = [
    ...texts.map((text) => chunk([{ text }])),
    ...callIndices.map((index) => chunk([call], index === calls - 1 ? stop : {})),
  ];
  return { stream, whole: bytes(response([{ text: wholeText }, ...wholeCalls.map(() => call)], stop)) };
}

function bedrockConverse(): ProviderAnswer {
  const usage = { inputTokens: 1_200, outputTokens: 2_000, totalTokens: 3_200 };
  const event = (name: string, payload: object): Buffer => encodeEventFrame(name, { ...payload, p: filler });
  const deltas = (index: number, contents: readonly object[]): Buffer[] => [
    ...contents.map((delta) => event('contentBlockDelta', { contentBlockIndex: index, delta })),
    event('contentBlockStop', { contentBlockIndex: index }),
  ];
  const call = (index: number): object => ({ toolUseId: `tooluse_kZJMlvQmRJ6eAyJE5GIl7${index}`, name: 'add_notes' });
  const stream = [
    event('messageStart', { role: 'assistant' }),
    ...deltas(
      0,
      texts.map((text) => ({ text })),
    ),
    ...callIndices.flatMap((index) => [
      event('contentBlockStart', { contentBlockIndex: index + 1, start: { toolUse: call(index) } }),
      ...deltas(
        index + 1,
        argumentTexts.map((input) => ({ toolUse: { input } })),
      ),
    ]),
    event('messageStop', { stopReason: 'tool_use' }),
    event('metadata', { usage, metrics: { latencyMs: 9_000 } }),
  ];
  const content = [
    { text: wholeText },
    ...wholeCalls.map((index) => ({ toolUse: { ...call(index), input: argumentsValue } })),
  ];
  const output = { message: { role: 'assistant', content } };
  return { stream, whole: bytes({ output, stopReason: 'tool_use', usage, metrics: { latencyMs: 9_000 } }) };
}

export const providerAnswers = {
  'openai-chat': openaiChat(),
  'openai-responses': openaiResponses(),
  'anthropic-messages': anthropicMessages(),
  gemini: gemini(),
  'bedrock-converse': bedrockConverse(),
} as const satisfies Partial<Record<ProtocolName, ProviderAnswer>>;

export type UpstreamProtocol = keyof typeof providerAnswers;
