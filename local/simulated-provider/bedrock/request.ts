import * as z from 'zod';
import { isRecord } from '../json.ts';

const anything = z.unknown().optional();
const s3Location = z.strictObject({ uri: z.string().startsWith('s3://'), bucketOwner: z.string().optional() });

/** A union of AWS: one of its members, and only one. */
function oneOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .strictObject(shape)
    .refine((value) => isRecord(value) && Object.values(value).filter((member) => member !== undefined).length === 1, {
      error: 'must have exactly one member set',
    });
}

const cachePoint = z.strictObject({ type: z.literal('default'), ttl: z.enum(['5m', '1h']).optional() }).optional();

const image = z.strictObject({
  format: z.enum(['png', 'jpeg', 'gif', 'webp']),
  source: oneOf({ bytes: z.string().optional(), s3Location: s3Location.optional() }),
});
/** The characters that a name may have, so that it cannot carry instructions to the model. */
const documentName = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^(?!.*\s{2})[a-zA-Z0-9\s()[\]-]+$/,
    'The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name cannot contain more than one consecutive whitespace character.',
  );
const document = z.strictObject({
  format: z.enum(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']).optional(),
  name: documentName,
  source: oneOf({
    bytes: z.string().optional(),
    text: z.string().min(1).optional(),
    content: z.array(z.strictObject({ text: z.string() })).optional(),
    s3Location: s3Location.optional(),
  }),
  context: z.string().optional(),
  citations: z.strictObject({ enabled: z.boolean() }).optional(),
});
const video = z.strictObject({ format: z.string(), source: z.unknown() });

const toolUseId = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must satisfy regular expression pattern: [a-zA-Z0-9_-]{1,64}');
const toolName = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must satisfy regular expression pattern: [a-zA-Z0-9_-]{1,64}');

const block = oneOf({
  text: z.string().optional(),
  image: image.optional(),
  document: document.optional(),
  video: video.optional(),
  audio: anything,
  toolUse: z
    .strictObject({ toolUseId, name: toolName, input: z.record(z.string(), z.unknown()), type: anything })
    .optional(),
  toolResult: z
    .strictObject({
      toolUseId,
      content: z.array(
        oneOf({
          text: z.string().optional(),
          json: z.record(z.string(), z.unknown()).optional(),
          image: image.optional(),
          document: document.optional(),
          video: video.optional(),
          searchResult: anything,
        }),
      ),
      status: z.enum(['success', 'error']).optional(),
      type: anything,
    })
    .optional(),
  reasoningContent: oneOf({
    reasoningText: z.strictObject({ text: z.string(), signature: z.string().optional() }).optional(),
    redactedContent: z.string().optional(),
  }).optional(),
  citationsContent: z
    .strictObject({ content: z.array(z.strictObject({ text: z.string() })), citations: z.array(z.unknown()) })
    .optional(),
  searchResult: anything,
  guardContent: anything,
  cachePoint,
});
export type ConverseBlock = z.infer<typeof block>;

const tool = oneOf({
  toolSpec: z
    .strictObject({
      name: toolName,
      description: z.string().min(1).optional(),
      inputSchema: z.strictObject({ json: z.looseObject({ type: z.literal('object') }) }),
      strict: z.boolean().optional(),
    })
    .optional(),
  cachePoint,
});

/** What Claude takes beyond Converse's own members; the fields belong to the model, and it knows no others. */
const modelFields = z.strictObject({
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024), display: anything }),
      z.strictObject({ type: z.literal('adaptive'), display: anything }),
      z.strictObject({ type: z.literal('disabled') }),
    ])
    .optional(),
  top_k: z.int().min(0).optional(),
  output_config: z.strictObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional() }).optional(),
  tool_choice: z.looseObject({ type: z.string(), disable_parallel_tool_use: z.boolean().optional() }).optional(),
  anthropic_beta: z.array(z.string()).optional(),
});

export const converseRequest = z.strictObject({
  messages: z.array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.array(block).min(1) })).min(1),
  system: z.array(oneOf({ text: z.string().min(1).optional(), guardContent: anything, cachePoint })).optional(),
  inferenceConfig: z
    .strictObject({
      maxTokens: z.int().min(1).optional(),
      temperature: z.number().min(0).max(1).optional(),
      topP: z.number().min(0).max(1).optional(),
      stopSequences: z.array(z.string().min(1)).optional(),
    })
    .optional(),
  toolConfig: z
    .strictObject({
      tools: z.array(tool).min(1),
      toolChoice: oneOf({
        auto: z.strictObject({}).optional(),
        any: z.strictObject({}).optional(),
        tool: z.strictObject({ name: toolName }).optional(),
      }).optional(),
    })
    .optional(),
  outputConfig: z
    .strictObject({
      textFormat: z
        .strictObject({
          type: z.literal('json_schema'),
          structure: z.strictObject({
            jsonSchema: z.strictObject({
              schema: z.string(),
              name: z.string().optional(),
              description: z.string().optional(),
            }),
          }),
        })
        .optional(),
      effort: z.string().optional(),
    })
    .optional(),
  additionalModelRequestFields: modelFields.optional(),
  additionalModelResponseFieldPaths: z.array(z.string().startsWith('/')).max(10).optional(),
  guardrailConfig: anything,
  performanceConfig: anything,
  promptVariables: anything,
  requestMetadata: z.record(z.string(), z.string()).optional(),
  serviceTier: anything,
});
export type ConverseRequest = z.infer<typeof converseRequest>;

export function wordUnknown(path: string): string {
  const steps = path.split('.');
  const name = steps.pop() ?? '';
  const place = ['#', ...steps].join('/');
  return `Malformed input request: ${place}: extraneous key [${name}] is not permitted, please reformat your input and try again.`;
}
