import type { ProtocolName } from '../../lambdas/wire/protocol-name.ts';
import type { SeenAnswer, SeenRequest } from './seen.ts';

export const clientProtocols = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
export const upstreamProtocols = [...clientProtocols, 'bedrock-converse'] as const;

export type ClientProtocol = (typeof clientProtocols)[number];
export type UpstreamProtocol = (typeof upstreamProtocols)[number] & ProtocolName;

/** Who asks, and who answers. */
export interface Pair {
  readonly client: ClientProtocol;
  readonly upstream: UpstreamProtocol;
}

/** What every protocol's fixtures of a case say, each in its own words. */
export interface Case {
  readonly request: SeenRequest;
  readonly answer: Pick<SeenAnswer, 'content' | 'finish'>;
}

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
const pdf = Buffer.from('%PDF-1.1\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n').toString('base64');
const citySchema =
  '{"additionalProperties":false,"properties":{"city":{"description":"Name of the city","type":"string"}},"required":["city"],"type":"object"}';
const treeSchema =
  '{"additionalProperties":false,"properties":{"evergreen":{"type":"boolean"},"name":{"type":"string"}},"required":["name","evergreen"],"type":"object"}';
const weather = `tool get_weather (Current weather in a city) ${citySchema}`;
const time = `tool get_time (Local time in a city) ${citySchema}`;

export const cases = {
  text: {
    request: {
      content: ['system text: Answer in one short sentence.', 'user text: Name a tree that grows in Oslo.'],
      options: ['max tokens: 256', 'temperature: 0.5'],
    },
    answer: { content: ['text: The Norway spruce 🌲 grows in Oslo.'], finish: 'stop' },
  },
  tools: {
    request: {
      content: [
        'user text: What is the weather in Oslo, and then in Bergen?',
        'assistant text: I ask for Oslo first.',
        'assistant call get_weather {"city":"Oslo"}',
        'user result of call 1: 4 °C, rain',
      ],
      options: [weather, 'max tokens: 512'],
    },
    answer: { content: ['text: Now Bergen.', 'call get_weather {"city":"Bergen"}'], finish: 'tool_calls' },
  },
  'parallel-tools': {
    request: {
      content: [
        'user text: Weather and time in Oslo, then in Bergen?',
        'assistant call get_weather {"city":"Oslo"}',
        'assistant call get_time {"city":"Oslo"}',
        'user result of call 1: 4 °C, rain',
        'user result of call 2: 12:30',
      ],
      options: [weather, time, 'tool choice: required', 'max tokens: 512'],
    },
    answer: {
      content: ['call get_weather {"city":"Bergen"}', 'call get_time {"city":"Bergen"}'],
      finish: 'tool_calls',
    },
  },
  reasoning: {
    request: { content: ['user text: How many legs have three cats?'], options: ['max tokens: 4096', 'reasoning'] },
    answer: { content: ['reasoning: Each cat has 4 legs: 3 × 4 = 12.', 'text: Twelve.'], finish: 'stop' },
  },
  image: {
    request: {
      content: ['user text: What is in the picture?', `user image image/png ${png}`],
      options: ['max tokens: 256'],
    },
    answer: { content: ['text: One red pixel.'], finish: 'stop' },
  },
  'image-url': {
    request: {
      content: ['user text: What is in the picture?', 'user image https://images.example.com/pixel.png'],
      options: ['max tokens: 256'],
    },
    answer: { content: ['text: One red pixel.'], finish: 'stop' },
  },
  document: {
    request: {
      content: [`user document report.pdf application/pdf ${pdf}`, 'user text: Who wrote it?'],
      options: ['max tokens: 256'],
    },
    answer: { content: ['text: Ada wrote it.'], finish: 'stop' },
  },
  'structured-output': {
    request: { content: ['user text: Describe a tree.'], options: ['max tokens: 256', `output schema: ${treeSchema}`] },
    answer: { content: ['text: {"name":"spruce","evergreen":true}'], finish: 'stop' },
  },
  stop: {
    request: { content: ['user text: Count to five.'], options: ['max tokens: 256', 'stop: ["four"]'] },
    answer: { content: ['text: one, two, three, '], finish: 'stop' },
  },
  length: {
    request: { content: ['user text: Count to one hundred.'], options: ['max tokens: 16'] },
    answer: { content: ['text: one, two, three, four, five'], finish: 'length' },
  },
  refusal: {
    request: { content: ['user text: How do I pick the lock of a neighbour?'], options: ['max tokens: 256'] },
    answer: { content: ['refusal: I cannot help with that.'], finish: 'refused' },
  },
  error: {
    request: { content: ['user text: Name a tree that grows in Oslo.'], options: ['max tokens: 256'] },
    answer: { content: ['text: The Norway'], finish: 'error' },
  },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof cases;
export const caseNames = Object.keys(cases) as readonly CaseName[];
