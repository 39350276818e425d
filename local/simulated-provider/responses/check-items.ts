import type { RequestedModel } from '../models.ts';
import { requireStrictSchema } from '../openai/strict-schema.ts';
import { Refusal, refuse } from '../refusal.ts';
import { isSealed, seal } from '../seal.ts';
import type { InputTokensRequest, Item, ResponsesRequest } from './request.ts';

/** What OpenAI's encrypted reasoning begins with. */
const mark = 'gAAAA';

export function encryptReasoning(occasion: string): string {
  return mark + seal('openai', 'reasoning', occasion);
}

/** What OpenAI refuses of a request whose members are all of the right type. */
export function checkInput(request: InputTokensRequest): void {
  if (request.previous_response_id) {
    const message = `Previous response with id '${request.previous_response_id}' not found.`;
    refuse('previous_response_id', message, 'previous_response_not_found');
  }
  for (const [index, tool] of (request.tools ?? []).entries()) {
    // Strict unless the request says otherwise, unlike in chat completions.
    if (tool.type !== 'function' || tool.strict === false || !tool.parameters) continue;
    requireStrictSchema(tool.parameters, { param: `tools[${index}].parameters`, name: tool.name });
  }
  const format = request.text?.format;
  if (format?.type === 'json_schema' && format.strict) {
    requireStrictSchema(format.schema, { param: 'text.format.schema', name: format.name });
  }
  if (typeof request.input !== 'string') {
    checkCalls(request.input);
    request.input.forEach((item, index, items) => checkReasoning(item, items[index + 1]));
  }
}

/** Every call has its output later on, and every output its call before. */
function checkCalls(items: readonly Item[]): void {
  const open = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      if (open.has(item.call_id)) refuse('input', `Duplicate call_id ${item.call_id} in the input.`);
      open.set(item.call_id, index);
    }
    if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output') {
      if (item.call_id === undefined && 'name' in item) continue;
      if (item.call_id !== undefined && open.delete(item.call_id)) continue;
      refuse('input', `No tool call found for function call output with call_id ${item.call_id}.`);
    }
    if (item.type === 'item_reference') refuseUnknownItem(item.id);
  }
  for (const id of open.keys()) refuse('input', `No tool output found for function call ${id}.`);
}

function checkReasoning(item: Item, next: Item | undefined): void {
  if (item.type !== 'reasoning') return;
  const { id = '', encrypted_content: encrypted } = item;
  if (encrypted && !(encrypted.startsWith(mark) && isSealed('openai', 'reasoning', encrypted.slice(mark.length)))) {
    const shown = `${encrypted.slice(0, 4)}...${encrypted.slice(-4)}`;
    throw new Refusal(
      'invalid-request',
      `The encrypted content ${shown} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      { code: 'invalid_encrypted_content' },
    );
  }
  const follows = next !== undefined && (isCall(next) || next.type === 'reasoning' || isAnswer(next));
  if (!follows) {
    refuse('input', `Item '${id}' of type 'reasoning' was provided without its required following item.`);
  }
}

/** Nothing is stored here, so reasoning that is not encrypted cannot be looked up. */
export function checkStored({ input, store }: ResponsesRequest): void {
  if (typeof input === 'string' || store !== false) return;
  for (const item of input) {
    if (item.type === 'reasoning' && !item.encrypted_content) refuseUnknownItem(item.id ?? '');
  }
}

/** A call is named together with its reasoning, or without its own id. */
export function requireReasoning({ input }: ResponsesRequest, model: RequestedModel): void {
  if (typeof input === 'string' || model.id !== 'reasoning') return;
  for (const [index, item] of input.entries()) {
    if (item.type !== 'function_call' || (item.id === undefined && model.parameters.strict !== 1)) continue;
    const before = input.slice(0, index).findLast((other) => !isCall(other));
    const complete = before?.type === 'reasoning' && (before.encrypted_content || model.parameters.strict !== 1);
    if (complete) continue;
    const name = item.id ?? item.call_id;
    refuse('input', `Item '${name}' of type 'function_call' was provided without its required 'reasoning' item.`);
  }
}

function isCall({ type }: Item): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

function isAnswer(item: Item): boolean {
  return item.type === 'message' && item.role === 'assistant';
}

function refuseUnknownItem(id: string): never {
  throw new Refusal(
    'not-found',
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    { param: 'input' },
  );
}
