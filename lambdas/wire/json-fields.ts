import { WireError } from './wire-error.ts';

/** Readers for the few request fields the gateway looks at. `null` means absent, as in every provider's API. */

type Fields = Readonly<Record<string, unknown>>;

/** Printable ASCII without spaces: every provider's ids fit, a sentence does not. The name of a model may be stored; prose never is. */
const modelName = /^[\x21-\x7e]{1,256}$/;

export function requireModel(fields: Fields): string {
  const { model } = fields;
  if (model === undefined || model === null) throw invalid('model', 'is required: name a model, such as "sim/echo"');
  if (typeof model !== 'string' || !modelName.test(model)) {
    throw invalid('model', 'must be a string of 1 to 256 printable ASCII characters without spaces');
  }
  return model;
}

export function requireMessages(fields: Fields): void {
  const { messages } = fields;
  if (messages === undefined || messages === null) throw invalid('messages', 'is required');
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('messages', 'must be a non-empty array');
  const wrong = messages.findIndex(
    (message) => typeof message !== 'object' || message === null || Array.isArray(message),
  );
  if (wrong !== -1) throw invalid(`messages[${wrong}]`, 'must be an object');
}

export function readBoolean(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw invalid(name, 'must be true or false');
  return value;
}

export function readPositiveInteger(fields: Fields, name: string, maximum: number): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > maximum) {
    throw invalid(name, `must be an integer from 1 to ${maximum}`);
  }
  return value;
}

export function readObject(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalid(name, 'must be an object');
  return value;
}

export function readModelList(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  const valid =
    Array.isArray(value) &&
    value.length <= 8 &&
    value.every((entry) => typeof entry === 'string' && modelName.test(entry));
  if (!valid) throw invalid(name, 'must be an array of at most 8 model names');
  return value as string[];
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A token count as providers report it; anything but a sane non-negative integer counts as not reported. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function invalid(param: string, problem: string): WireError {
  return new WireError('invalid_request', `"${param}" ${problem}.`, { param });
}
