import type Anthropic from '@anthropic-ai/sdk';

/** What is sent beside the conversation, in the shape that Claude Code sends it: none of the words are its own. */
const claudeCodeBetas = ['claude-code-20250219', 'interleaved-thinking-2025-05-14', 'context-management-2025-06-27'];

const ephemeral = { cache_control: { type: 'ephemeral', ttl: '1h' } } as const;

/** Long enough to be cached. */
const instructions = 'Work carefully and say what you did. '.repeat(40);

export function claudeCodeRequest(model: string, messages: readonly Anthropic.MessageParam[]): ClaudeCodeRequest {
  return {
    model,
    max_tokens: 32_000,
    messages: markLast(messages),
    system: [
      { type: 'text', text: 'client=terminal; version=2.1.0' },
      { type: 'text', text: 'You are an agent for software.', ...ephemeral },
      { type: 'text', text: instructions, ...ephemeral },
    ],
    tools,
    metadata: { user_id: 'user_0123_account__session_4567' },
    thinking: { type: 'adaptive' },
    output_config: { effort: 'medium' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    betas: claudeCodeBetas,
  };
}

type ClaudeCodeRequest = Omit<Anthropic.Beta.MessageCreateParamsNonStreaming, 'stream'>;

/** The last block of the conversation is marked, so that the next request finds all of this one in the cache. */
function markLast(messages: readonly Anthropic.MessageParam[]): Anthropic.Beta.BetaMessageParam[] {
  return messages.map((message, index) => {
    const blocks = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
    const content = blocks.map((block, at) =>
      index === messages.length - 1 && at === blocks.length - 1 ? { ...block, ...ephemeral } : block,
    );
    return { ...message, content } as Anthropic.Beta.BetaMessageParam;
  });
}

const text = { type: 'string' };
const count = { type: 'integer', exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const list = (items: object, bounds: object = {}): object => ({ type: 'array', items, ...bounds });

/** Schemas as a program writes them from its own types: drafts named, records, nested lists with bounds, unions, formats. */
const tools: Anthropic.Beta.BetaTool[] = [
  tool('Bash', { command: text, timeout: { type: 'number', description: 'In ms' }, background: { type: 'boolean' } }, [
    'command',
  ]),
  tool(
    'Read',
    {
      path: text,
      offset: { ...count, minimum: 0 },
      limit: count,
      pages: { type: 'string', pattern: '^\\d+(-\\d+)?$' },
    },
    ['path'],
  ),
  tool('Write', { path: text, content: text }, ['path', 'content']),
  tool('Edit', { path: text, old: text, new: text, all: { type: 'boolean', default: false } }, ['path', 'old', 'new']),
  tool('Glob', { pattern: text, path: text }, ['pattern']),
  tool(
    'Grep',
    {
      pattern: text,
      mode: { type: 'string', enum: ['content', 'files', 'count'] },
      '-i': { type: 'boolean' },
      '-A': count,
    },
    ['pattern'],
  ),
  tool('Fetch', { url: { type: 'string', format: 'uri' }, prompt: text }, ['url', 'prompt']),
  tool('Search', { query: { type: 'string', minLength: 2 }, domains: list(text) }, ['query']),
  tool('Task', { description: text, prompt: text, model: { type: 'string', enum: ['small', 'large'] } }, ['prompt']),
  tool(
    'Todo',
    {
      todos: list({
        type: 'object',
        properties: { content: { type: 'string', minLength: 1 }, status: { type: 'string', enum: ['open', 'done'] } },
        required: ['content', 'status'],
        additionalProperties: false,
      }),
    },
    ['todos'],
  ),
  tool(
    'Ask',
    {
      questions: list(
        {
          type: 'object',
          properties: {
            question: text,
            options: list(
              { type: 'object', properties: { label: text }, required: ['label'], additionalProperties: false },
              { minItems: 2, maxItems: 4 },
            ),
          },
          required: ['question', 'options'],
          additionalProperties: false,
        },
        { minItems: 1, maxItems: 4 },
      ),
      answers: { type: 'object', propertyNames: text, additionalProperties: text },
    },
    ['questions'],
  ),
  tool(
    'Notebook',
    {
      cell: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      kind: { const: 'code' },
      source: { type: ['string', 'null'] },
    },
    ['cell'],
  ),
  tool('Plan', {}, []),
  tool('mcp__tracker__find_issues', { filter: { $ref: '#/$defs/filter' } }, ['filter'], {
    $defs: { filter: { type: 'object', properties: { and: list({ $ref: '#/$defs/filter' }), text } } },
  }),
  {
    ...tool('mcp__tracker__update', { id: text, fields: { type: 'object', additionalProperties: {} } }, ['id']),
    ...ephemeral,
  },
];

function tool(
  name: string,
  properties: Readonly<Record<string, object>>,
  required: string[],
  definitions: object = {},
): Anthropic.Beta.BetaTool {
  const draft = { $schema: 'https://json-schema.org/draft/2020-12/schema' };
  return {
    name,
    description: `${name}: see its parameters.`,
    input_schema: { ...draft, type: 'object', properties, required, additionalProperties: false, ...definitions },
  };
}
