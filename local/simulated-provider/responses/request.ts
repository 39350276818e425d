import * as z from 'zod';
import { isRecord } from '../json.ts';

const anything = z.unknown().optional();
const nothing = z.null().optional();

const longestId = 64;
const tooLong = `string too long. Expected a string with maximum length ${longestId}.`;
const itemId = (prefix: string) =>
  z.string().max(longestId, tooLong).startsWith(prefix, `Expected an ID that begins with '${prefix}'.`).optional();
const callId = z.string().min(1).max(longestId, tooLong);
const status = z.enum(['in_progress', 'completed', 'incomplete']).nullish();

const inputText = z.strictObject({
  type: z.literal('input_text'),
  text: z.string(),
  prompt_cache_breakpoint: anything,
});
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  detail: z.enum(['low', 'high', 'auto', 'original']).nullish(),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
  prompt_cache_breakpoint: anything,
});
const inputFile = z.strictObject({
  type: z.literal('input_file'),
  file_data: z.string().nullish(),
  file_url: z.string().nullish(),
  file_id: z.string().nullish(),
  filename: z.string().nullish(),
  detail: anything,
  prompt_cache_breakpoint: anything,
});
const inputPart = z.discriminatedUnion('type', [inputText, inputImage, inputFile]);
export type InputPart = z.infer<typeof inputPart>;

const outputPart = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('output_text'), text: z.string(), annotations: anything, logprobs: anything }),
    z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
  ],
  "Supported values are: 'output_text' and 'refusal'.",
);

const message = z.discriminatedUnion('role', [
  z.strictObject({
    type: z.literal('message'),
    role: z.enum(['user', 'system', 'developer']),
    content: z.union([z.string(), z.array(inputPart)]),
    id: itemId('msg'),
    status,
    phase: anything,
  }),
  z.strictObject({
    type: z.literal('message'),
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(outputPart)]),
    id: itemId('msg'),
    status,
    phase: anything,
  }),
]);

const others = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function_call'),
    id: itemId('fc'),
    call_id: callId,
    name: z.string().regex(/^[\w-]{1,64}$/),
    arguments: z.string(),
    status,
    namespace: anything,
    caller: anything,
  }),
  z.strictObject({
    type: z.literal('function_call_output'),
    id: itemId('fc'),
    // Codex tells of a goal without a call of a tool, by these names instead.
    call_id: callId.optional(),
    name: z.string().optional(),
    namespace: anything,
    output: z.union([z.string(), z.array(inputPart)]),
    status,
    caller: anything,
  }),
  z.strictObject({
    type: z.literal('reasoning'),
    id: itemId('rs'),
    summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
    content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
    encrypted_content: z.string().nullish(),
    status,
  }),
  z.strictObject({ type: z.literal('item_reference'), id: z.string() }),
  z.strictObject({
    type: z.literal('custom_tool_call'),
    id: itemId('ctc'),
    call_id: callId,
    name: z.string(),
    input: z.string(),
    status,
    namespace: anything,
    caller: anything,
  }),
  z.strictObject({
    type: z.literal('custom_tool_call_output'),
    id: itemId('ctc'),
    call_id: callId,
    output: z.union([z.string(), z.array(inputPart)]),
    status,
    caller: anything,
  }),
]);

/** A message may leave out what it is. */
const item = z.preprocess(
  (value) => (isRecord(value) && value.type === undefined && 'role' in value ? { type: 'message', ...value } : value),
  z.union([message, others]),
);
export type Item = z.infer<typeof item>;

const ownTool = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function'),
    name: z.string().regex(/^[\w-]{1,64}$/),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
    defer_loading: anything,
    allowed_callers: anything,
    output_schema: anything,
  }),
  z.strictObject({
    type: z.literal('custom'),
    name: z.string(),
    description: z.string().nullish(),
    format: anything,
    defer_loading: anything,
    allowed_callers: anything,
  }),
]);

/** Tools under a common name, as Codex declares those of its agents and of MCP servers. Their calls say the name beside theirs. */
const namespace = z.strictObject({
  type: z.literal('namespace'),
  name: z.string().regex(/^[\w-]{1,64}$/),
  description: z.string(),
  tools: z.array(ownTool),
});

const tool = z.discriminatedUnion('type', [...ownTool.options, namespace]);

const format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: z.string().regex(/^[\w-]{1,64}$/),
    schema: z.record(z.string(), z.unknown()),
    description: z.string().nullish(),
    strict: z.boolean().nullish(),
  }),
]);

/** What counting takes too. */
export const inputTokensRequest = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.enum(['function', 'custom']), name: z.string() }),
      z.strictObject({
        type: z.literal('allowed_tools'),
        mode: z.enum(['auto', 'required']),
        tools: z.array(z.unknown()),
      }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.strictObject({ format: format.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).nullish(),
  reasoning: z
    .strictObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      generate_summary: anything,
      context: anything,
      mode: anything,
    })
    .nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  previous_response_id: z.string().nullish(),
  conversation: nothing,
});
export type InputTokensRequest = z.infer<typeof inputTokensRequest>;

export const responsesRequest = inputTokensRequest.extend({
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  max_output_tokens: z.int().min(16, 'integer below minimum value. Expected a value >= 16.').nullish(),
  max_tool_calls: z.int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  include: z
    .array(
      z.enum([
        'reasoning.encrypted_content',
        'message.output_text.logprobs',
        'message.input_image.image_url',
        'web_search_call.results',
        'web_search_call.action.sources',
        'file_search_call.results',
        'code_interpreter_call.outputs',
        'computer_call_output.output.image_url',
      ]),
    )
    .nullish(),
  store: z.boolean().nullish(),
  background: z.literal(false).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  user: z.string().optional(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  // Codex sends it to every provider; what OpenAI makes of it is not documented.
  client_metadata: anything,
  prompt_cache_options: anything,
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  prompt: nothing,
  context_management: anything,
  moderation: anything,
});
export type ResponsesRequest = z.infer<typeof responsesRequest>;
