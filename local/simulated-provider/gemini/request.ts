import * as z from 'zod';
import { geminiSchema } from './schema.ts';

const anything = z.unknown().optional();
const record = z.record(z.string(), z.unknown());
const inlineData = z.strictObject({ mimeType: z.string(), data: z.string(), displayName: z.string().optional() });
const fileData = z.strictObject({
  mimeType: z.string().optional(),
  fileUri: z.string(),
  displayName: z.string().optional(),
});

const data = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
];

const part = z
  .strictObject({
    text: z.string().optional(),
    inlineData: inlineData.optional(),
    fileData: fileData.optional(),
    functionCall: z
      .strictObject({ id: z.string().optional(), name: z.string().min(1), args: record.optional() })
      .optional(),
    functionResponse: z
      .strictObject({
        id: z.string().optional(),
        name: z.string().min(1),
        response: record,
        parts: z.array(z.strictObject({ inlineData: inlineData.optional(), fileData: fileData.optional() })).optional(),
        willContinue: anything,
        scheduling: anything,
      })
      .optional(),
    executableCode: anything,
    codeExecutionResult: anything,
    thought: z.boolean().optional(),
    thoughtSignature: z
      .string()
      .regex(/^[\w+/-]+={0,2}$/, 'Base64 decoding failed.')
      .optional(),
    videoMetadata: anything,
    mediaResolution: anything,
    partMetadata: anything,
  })
  .refine((value) => data.filter((name) => name in value).length <= 1, "oneof field 'data' is already set.")
  .refine(
    (value) => data.some((name) => name in value) || value.thoughtSignature !== undefined,
    "required oneof field 'data' must have one initialized field",
  );
export type GeminiPart = z.infer<typeof part>;

const content = z.strictObject({
  role: z.enum(['user', 'model', 'function'], 'Please use a valid role: user, model.').optional(),
  parts: z.array(part).min(1, 'contents.parts must not be empty.'),
});
export type GeminiContent = z.infer<typeof content>;

const functionName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/, 'Invalid function name.');

const tool = z.strictObject({
  functionDeclarations: z
    .array(
      z.strictObject({
        name: functionName,
        description: z.string().optional(),
        behavior: anything,
        parameters: geminiSchema.optional(),
        parametersJsonSchema: anything,
        response: anything,
        responseJsonSchema: anything,
      }),
    )
    .optional(),
  googleSearch: anything,
  googleSearchRetrieval: anything,
  googleMaps: anything,
  codeExecution: anything,
  urlContext: anything,
  fileSearch: anything,
  computerUse: anything,
});

const generationConfig = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.int().min(1).optional(),
  candidateCount: z.int().min(1).max(8).optional(),
  maxOutputTokens: z.int().positive().optional(),
  stopSequences: z.array(z.string().min(1)).max(5).optional(),
  seed: z.int().optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  responseLogprobs: z.boolean().optional(),
  logprobs: z.int().min(0).max(20).optional(),
  responseMimeType: z.enum(['text/plain', 'application/json', 'text/x.enum']).optional(),
  responseSchema: geminiSchema.optional(),
  responseJsonSchema: anything,
  thinkingConfig: z
    .strictObject({
      includeThoughts: z.boolean().optional(),
      thinkingBudget: z.int().min(-1).optional(),
      thinkingLevel: z
        .string()
        .refine((level) => ['minimal', 'low', 'medium', 'high'].includes(level.toLowerCase()))
        .optional(),
    })
    .optional(),
  responseModalities: anything,
  speechConfig: anything,
  mediaResolution: anything,
  enableEnhancedCivicAnswers: anything,
  imageConfig: anything,
});

export const generateContentRequest = z.strictObject({
  /** Google takes the model here beside the path. */
  model: anything,
  contents: z.array(content).min(1, 'contents is not specified'),
  systemInstruction: z.strictObject({ role: z.string().optional(), parts: z.array(part).min(1) }).optional(),
  tools: z.array(tool).optional(),
  toolConfig: z
    .strictObject({
      functionCallingConfig: z
        .strictObject({
          mode: z.enum(['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED']).optional(),
          allowedFunctionNames: z.array(z.string()).optional(),
        })
        .optional(),
      retrievalConfig: anything,
    })
    .optional(),
  generationConfig: generationConfig.optional(),
  safetySettings: z.array(z.strictObject({ category: z.string(), threshold: z.string(), method: anything })).optional(),
  cachedContent: z.string().optional(),
  serviceTier: anything,
  store: anything,
});
export type GenerateContentRequest = z.infer<typeof generateContentRequest>;

export const countTokensRequest = z.strictObject({
  contents: z.array(content).min(1).optional(),
  generateContentRequest: generateContentRequest.optional(),
});

export const embedContentRequest = z.strictObject({
  model: z.string().optional(),
  content: z.strictObject({ role: z.string().optional(), parts: z.array(z.strictObject({ text: z.string() })).min(1) }),
  taskType: z.string().optional(),
  title: z.string().optional(),
  outputDimensionality: z.int().min(1).max(4096).optional(),
});
export const batchEmbedContentsRequest = z.strictObject({ requests: z.array(embedContentRequest).min(1).max(100) });
