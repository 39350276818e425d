import { redacted, signer } from '../anthropic/check-thinking.ts';
import { checkClosedSchema } from '../anthropic/closed-schema.ts';
import type { RequestedModel } from '../models.ts';
import { refuse } from '../refusal.ts';
import { isSealed } from '../seal.ts';
import type { ConverseBlock, ConverseRequest } from './request.ts';

/** What Bedrock, or Claude behind it, refuses of a request whose members are all of the right type. */
export function checkConverse(request: ConverseRequest, model: RequestedModel): void {
  checkTurns(request);
  checkToolBlocks(request);
  checkDocuments(request);
  checkThinking(request, model);
  checkClosedSchema(readSchema(request), 'outputConfig.textFormat.structure.jsonSchema.schema');
}

/** The schema is the text of a JSON document. */
export function readSchema({ outputConfig }: ConverseRequest): unknown {
  const text = outputConfig?.textFormat?.structure.jsonSchema.schema;
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse('outputConfig.textFormat', 'The schema in outputConfig.textFormat is not valid JSON.');
  }
}

function checkTurns({ messages }: ConverseRequest): void {
  for (const [index, { role, content }] of messages.entries()) {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    if (role !== expected && index === 0) {
      refuse(
        'messages',
        'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
      );
    }
    if (role !== expected) {
      refuse(
        'messages',
        `messages: roles must alternate between "user" and "assistant", but found multiple "${role}" roles in a row`,
      );
    }
    for (const [at, { text }] of content.entries()) {
      if (text?.trim() !== '') continue;
      const path = `messages.${index}.content.${at}`;
      refuse(
        path,
        `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
      );
    }
  }
}

function checkToolBlocks({ messages, toolConfig }: ConverseRequest): void {
  const isToolBlock = ({ toolUse, toolResult }: ConverseBlock) => toolUse !== undefined || toolResult !== undefined;
  if (toolConfig === undefined && messages.some(({ content }) => content.some(isToolBlock))) {
    refuse('toolConfig', 'The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  for (const [index, { role, content }] of messages.entries()) {
    const path = `messages.${index}.content`;
    const calls = content.flatMap(({ toolUse }) => toolUse?.toolUseId ?? []);
    const results = content.flatMap(({ toolResult }) => toolResult?.toolUseId ?? []);
    if (calls.length > 0 && role !== 'assistant') refuse(path, `toolUse blocks in ${path} must be the assistant's.`);
    if (results.length > 0 && role !== 'user') refuse(path, `toolResult blocks in ${path} must be the user's.`);
    const called = (messages[index - 1]?.content ?? []).flatMap(({ toolUse }) => toolUse?.toolUseId ?? []);
    if (results.length > called.length) {
      refuse(path, `The number of toolResult blocks at ${path} exceeds the number of toolUse blocks of previous turn.`);
    }
    const unanswered = called.filter((id) => !results.includes(id));
    if (unanswered.length > 0) {
      refuse(path, `Expected toolResult blocks at ${path} for the following Ids: ${unanswered.join(', ')}`);
    }
    const last = index === messages.length - 1;
    if (last && calls.length > 0)
      refuse(path, `Expected toolResult blocks after ${path} for the following Ids: ${calls.join(', ')}`);
    if (new Set(calls).size < calls.length) refuse(path, `The toolUse blocks at ${path} contain duplicate Ids.`);
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
function checkDocuments({ messages }: ConverseRequest): void {
  const names = new Set<string>();
  for (const [index, { content }] of messages.entries()) {
    const documents = content.flatMap(({ document }) => document ?? []);
    if (documents.length > 5) refuse('messages', `Too many documents at messages.${index}.content: the limit is 5.`);
    if (documents.length > 0 && !content.some(({ text }) => text !== undefined)) {
      refuse('messages', `messages.${index}.content: include a text block in a message that contains a document.`);
    }
    for (const { name } of documents) {
      if (names.has(name)) refuse('messages', `messages.${index}.content: duplicate document names are not allowed.`);
      names.add(name);
    }
  }
}

function checkThinking(request: ConverseRequest, model: RequestedModel): void {
  const { messages, inferenceConfig, toolConfig, additionalModelRequestFields: fields } = request;
  const fail = (path: string, message: string): never =>
    refuse(path, `The model returned the following errors: ${message}`);
  for (const [index, { content }] of messages.entries()) {
    for (const [at, { reasoningContent }] of content.entries()) {
      const path = `messages.${index}.content.${at}`;
      const { reasoningText: shown, redactedContent: hidden } = reasoningContent ?? {};
      if (shown !== undefined && !isSealed(signer, shown.text, shown.signature ?? '')) {
        fail(path, `${path}: Invalid \`signature\` in \`thinking\` block`);
      }
      if (hidden !== undefined && !isSealed(signer, redacted, hidden)) {
        fail(path, `${path}: Invalid \`data\` in \`redacted_thinking\` block`);
      }
    }
  }
  const { thinking } = fields ?? {};
  const isManual = thinking?.type === 'enabled';
  const isOn = isManual || thinking?.type === 'adaptive';
  if (isManual && thinking.budget_tokens >= (inferenceConfig?.maxTokens ?? Infinity)) {
    fail('inferenceConfig.maxTokens', '`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (isOn && (inferenceConfig?.temperature ?? 1) !== 1) {
    fail('inferenceConfig.temperature', '`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (isOn && fields?.top_k !== undefined) fail('top_k', '`top_k` must be unset when thinking is enabled.');
  if (isManual && (toolConfig?.toolChoice?.any ?? toolConfig?.toolChoice?.tool) !== undefined) {
    fail('toolConfig.toolChoice', 'Thinking may not be enabled when tool_choice forces tool use.');
  }
  const [answer, results] = messages.slice(-2);
  const isLoop = results?.content.some(({ toolResult }) => toolResult) ?? false;
  if (model.id !== 'reasoning' || !isLoop || !(isManual || model.parameters.strict === 1)) return;
  if (answer?.content[0]?.reasoningContent === undefined) {
    const path = `messages.${messages.length - 2}.content.0.type`;
    fail(
      path,
      `${path}: Expected \`thinking\` or \`redacted_thinking\`, but found \`tool_use\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
    );
  }
}
