import { type Fields, optionalObject, optionalText, requireToolName } from '../../canonical/read.ts';
import type { Tool } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';

/**
 * A custom tool takes free text where a function takes an object; Codex applies its patches by one. To every other protocol it
 * is a function with that text as its only argument, and its calls turn back into custom ones on their way to the client.
 */
export function decodeCustomTool(tool: Fields, path: string): Tool {
  const description = optionalText(tool['description'], `${path}.description`);
  const grammar = describeFormat(optionalObject(tool['format'], `${path}.format`), `${path}.format`);
  const told = [description, grammar].filter((text) => text !== undefined);
  return {
    name: requireToolName(tool['name'], `${path}.name`),
    ...(told.length > 0 && { description: told.join('\n\n') }),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
    path,
  };
}

/** No other protocol holds a model to a grammar, but a model that reads it keeps to it. */
function describeFormat(format: Fields | undefined, path: string): string | undefined {
  const definition = optionalText(format?.['definition'], `${path}.definition`);
  if (definition === undefined) return undefined;
  const syntax = optionalText(format?.['syntax'], `${path}.syntax`) ?? '';
  return `The input must match this grammar${syntax && ` (${syntax})`}:\n${definition}`;
}

export function writeCustomArguments(input: string): string {
  return JSON.stringify({ input });
}

/** Reverses `writeCustomArguments`. What the model wrote instead is passed on as it is. */
export function readCustomArguments(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value['input'] === 'string' ? value['input'] : text;
  } catch {
    return text;
  }
}
