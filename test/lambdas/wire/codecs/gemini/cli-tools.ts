interface CliTool {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

const draft = 'https://json-schema.org/draft/2020-12/schema';

/** In the shape that Claude Code gives its tools: JSON Schema made of Zod types. */
export const claudeCodeTools: readonly CliTool[] = [
  {
    name: 'Bash',
    schema: {
      $schema: draft,
      type: 'object',
      properties: {
        command: { description: 'The command to execute', type: 'string' },
        timeout: {
          description: 'Optional timeout in milliseconds',
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 600_000,
        },
        run_in_background: { type: 'boolean', default: false },
      },
      required: ['command'],
      additionalProperties: false,
    },
  },
  {
    name: 'Read',
    schema: {
      $schema: draft,
      type: 'object',
      properties: {
        file_path: { type: 'string' },
        offset: { type: 'integer', minimum: 0, maximum: 9_007_199_254_740_991 },
        limit: { type: 'integer', exclusiveMinimum: 0, maximum: 9_007_199_254_740_991 },
      },
      required: ['file_path'],
      additionalProperties: false,
    },
  },
  {
    name: 'WebFetch',
    schema: {
      $schema: draft,
      type: 'object',
      properties: { url: { type: 'string', format: 'uri' }, prompt: { type: 'string', minLength: 2 } },
      required: ['url', 'prompt'],
      additionalProperties: false,
    },
  },
  {
    name: 'TodoWrite',
    schema: {
      $schema: draft,
      type: 'object',
      properties: {
        todos: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              content: { type: 'string', minLength: 1 },
              status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
            },
            required: ['content', 'status'],
            additionalProperties: false,
          },
        },
        metadata: { type: 'object', propertyNames: { type: 'string' }, additionalProperties: {} },
      },
      required: ['todos'],
      additionalProperties: false,
    },
  },
  {
    name: 'AskUserQuestion',
    schema: {
      $schema: draft,
      type: 'object',
      properties: {
        question: {
          anyOf: [
            { type: 'string', const: 'yes-no' },
            { type: 'object', properties: { text: { type: 'string' } } },
          ],
        },
        answers: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
  },
];

/** In the shape that Gemini CLI gives its tools, those of its MCP servers included. */
export const geminiCliTools: readonly CliTool[] = [
  {
    name: 'replace',
    schema: {
      type: 'object',
      properties: {
        file_path: { type: 'string' },
        expected_replacements: { type: 'number', minimum: 1 },
        instruction: { type: 'string' },
      },
      required: ['file_path', 'instruction'],
    },
  },
  {
    name: 'mcp_issue_search',
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        query: { type: 'string', pattern: '^\\S' },
        filter: { $ref: '#/definitions/filter' },
        labels: { type: 'array', items: { type: 'string' }, uniqueItems: true },
        state: { oneOf: [{ type: 'string', enum: ['open', 'closed'] }, { type: 'null' }] },
      },
      definitions: { filter: { type: 'object', properties: { author: { type: ['string', 'null'] } } } },
      required: ['query'],
    },
  },
];
