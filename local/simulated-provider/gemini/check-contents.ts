import type { RequestedModel } from '../models.ts';
import { refuse } from '../refusal.ts';
import { canonicalJson, isSealed } from '../seal.ts';
import type { GeminiContent, GeminiPart, GenerateContentRequest } from './request.ts';
import { checkGeminiSchema } from './schema.ts';

export const signer = 'gemini';
/** What a signature is sealed with on a part that is not a call. */
export const ofText = 'text';

/** For calls that no Gemini model made: https://ai.google.dev/gemini-api/docs/thought-signatures */
const dummySignatures = ['context_engineering_is_the_way_to_go', 'skip_thought_signature_validator'];

/** What Google refuses of a request whose members are all of the right type. */
export function checkGenerateContent(request: GenerateContentRequest, model: RequestedModel): void {
  checkTools(request);
  checkOptions(request);
  checkCalls(request.contents);
  checkSignatures(request.contents, model);
}

function checkTools({ tools = [], toolConfig }: GenerateContentRequest): void {
  const declared = tools.flatMap(({ functionDeclarations = [] }, index) =>
    functionDeclarations.map((each, at) => ({ ...each, path: `tools[${index}].function_declarations[${at}]` })),
  );
  for (const { parameters, parametersJsonSchema, path } of declared) {
    if (parameters !== undefined && parametersJsonSchema !== undefined) {
      refuse(path, `${path}: parameters and parameters_json_schema cannot both be set.`);
    }
    checkGeminiSchema(parameters, `${path}.parameters`);
  }
  const names = declared.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse('tools', `Duplicate function declaration found: ${twice}`);
  const { mode, allowedFunctionNames: allowed } = toolConfig?.functionCallingConfig ?? {};
  if (allowed !== undefined && allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    refuse(
      'tool_config',
      'allowed_function_names should only be set when function_calling_config.mode is ANY or VALIDATED.',
    );
  }
  if (mode === 'ANY' && names.length === 0)
    refuse('tool_config', 'Function calling config is set without function_declarations.');
}

function checkOptions({ generationConfig = {} }: GenerateContentRequest): void {
  const { responseSchema, responseJsonSchema, responseMimeType, thinkingConfig } = generationConfig;
  const at = 'generation_config';
  if ((responseSchema ?? responseJsonSchema) !== undefined && (responseMimeType ?? 'text/plain') === 'text/plain') {
    refuse(
      at,
      `* GenerateContentRequest.${at}.response_schema: only allowed with an application/json response_mime_type`,
    );
  }
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    refuse(at, `${at}: response_schema and response_json_schema cannot both be set.`);
  }
  checkGeminiSchema(responseSchema, `${at}.response_schema`);
  if (generationConfig.logprobs !== undefined && generationConfig.responseLogprobs !== true) {
    refuse(at, `${at}.logprobs: only allowed when response_logprobs is true.`);
  }
  if (thinkingConfig?.thinkingBudget !== undefined && thinkingConfig.thinkingLevel !== undefined) {
    refuse(at, 'You can only set only one of thinking budget and thinking level.');
  }
}

/**
 * A turn with calls follows the user, and is followed by as many responses. What the model streamed after a call is of the same
 * turn: Google's own client sends each chunk back as a content of its own.
 */
function checkCalls(all: readonly GeminiContent[]): void {
  const contents = all.filter((content, index) => !isAfterthought(content, all[index - 1]));
  for (const [index, { role = 'user', parts }] of contents.entries()) {
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    const responses = parts.flatMap(({ functionResponse }) => functionResponse ?? []);
    const path = `contents[${index}]`;
    if (calls.length > 0 && (role !== 'model' || index === 0 || contents[index - 1]?.role === 'model')) {
      refuse(
        path,
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      );
    }
    const next = contents[index + 1]?.parts ?? [];
    if (calls.length > 0 && next.filter(({ functionResponse }) => functionResponse).length !== calls.length) {
      refuse(
        path,
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    }
    if (responses.length === 0) continue;
    const called = (contents[index - 1]?.parts ?? []).flatMap(({ functionCall }) => functionCall ?? []);
    if (called.length === 0) {
      refuse(path, 'Please ensure that function response turn comes immediately after a function call turn.');
    }
    for (const { name, id } of responses) {
      const matches = called.some(
        (call) => call.name === name && (id === undefined || call.id === undefined || call.id === id),
      );
      if (!matches) refuse(path, `${path}: no function call '${name}' in the turn before has this name and id.`);
    }
  }
}

function isAfterthought({ role, parts }: GeminiContent, before: GeminiContent | undefined): boolean {
  return role === 'model' && before?.role === 'model' && parts.every(({ functionCall }) => functionCall === undefined);
}

/** Each step of the current turn must have its signature; a signature anywhere must be one, and on its own part. */
function checkSignatures(contents: readonly GeminiContent[], model: RequestedModel): void {
  const isQuestion = ({ role = 'user', parts }: GeminiContent) =>
    role !== 'model' && !parts.some(({ functionResponse }) => functionResponse);
  const currentTurn = contents.findLastIndex(isQuestion);
  for (const [index, { parts }] of contents.entries()) {
    for (const each of parts) checkSignature(each);
    const position = parts.findIndex(({ functionCall }) => functionCall);
    const first = parts[position];
    if (model.id !== 'reasoning' || index < currentTurn || first?.functionCall === undefined) continue;
    const { thoughtSignature: signature = '' } = first;
    if (signature !== '' && !(model.parameters.strict === 1 && isDummy(signature))) continue;
    refuse(
      `contents[${index}].parts[${position}]`,
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.functionCall.name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  }
}

function checkSignature({ functionCall, thoughtSignature }: GeminiPart): void {
  if (thoughtSignature === undefined || isDummy(thoughtSignature)) return;
  const content = functionCall === undefined ? ofText : describeCall(functionCall.name, functionCall.args);
  if (!isSealed(signer, content, thoughtSignature)) refuse('thought_signature', 'Corrupted thought signature.');
}

/** As text or as bytes: the field is base64, and SDKs encode what they are given. */
function isDummy(signature: string): boolean {
  return dummySignatures.includes(signature) || dummySignatures.includes(Buffer.from(signature, 'base64').toString());
}

/** What the signature of a call is sealed with. */
export function describeCall(name: string, args: unknown): string {
  return `${name}(${canonicalJson(args ?? {})})`;
}
