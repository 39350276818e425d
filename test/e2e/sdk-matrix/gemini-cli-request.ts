import { type Content, type GenerateContentParameters, ThinkingLevel, Type } from '@google/genai';

/** A request in the shape that Gemini CLI sends it: none of the words are its own. */
export function geminiCliRequest(model: string, contents: Content[]): GenerateContentParameters {
  return {
    model,
    contents: [environment, acknowledgement, ...contents],
    config: {
      systemInstruction: { role: 'user', parts: [{ text: 'You are an agent for software. Be brief.' }] },
      temperature: 1,
      topP: 0.95,
      topK: 64,
      thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.HIGH },
      tools: [{ functionDeclarations }],
    },
  };
}

const environment: Content = {
  role: 'user',
  parts: [{ text: 'The folder is /project.' }, { text: 'It holds 3 files.' }],
};
const acknowledgement: Content = { role: 'model', parts: [{ text: 'Understood.' }] };

const text = { type: 'string' };

/** Those of the program itself and of its servers are JSON schema; older ones are in Google's own schema. */
const functionDeclarations = [
  {
    name: 'run_shell_command',
    description: 'Runs a command',
    parametersJsonSchema: {
      type: 'object',
      properties: { command: text, dir_path: text, is_background: { type: 'boolean' } },
      required: ['command'],
    },
  },
  {
    name: 'read_many_files',
    description: 'Reads files',
    parametersJsonSchema: {
      type: 'object',
      properties: {
        include: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
        exclude: { type: 'array', items: { type: 'string', minLength: 1 }, default: [] },
        options: { type: 'object', properties: { ignore: { type: 'boolean' } } },
      },
      required: ['include'],
    },
  },
  {
    name: 'replace',
    description: 'Edits a file',
    parameters: {
      type: Type.OBJECT,
      properties: {
        path: { type: Type.STRING },
        times: { type: Type.INTEGER, minimum: 1, nullable: true },
        mode: { type: Type.STRING, format: 'enum', enum: ['first', 'all'] },
      },
      required: ['path', 'mode'],
      propertyOrdering: ['path', 'mode', 'times'],
    },
  },
  { name: 'list_tasks', description: 'Lists tasks' },
  {
    name: 'mcp_tracker__find',
    description: 'Finds issues',
    parametersJsonSchema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        filter: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        labels: { type: 'object', additionalProperties: text },
      },
      required: ['filter'],
      additionalProperties: false,
    },
  },
];
