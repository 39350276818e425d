import { type Fields, optionalList, optionalObject, optionalText, requireObject } from '../../canonical/read.ts';
import type { CanonicalRequest, Message, Untranslated } from '../../canonical/request.ts';
import type { GeminiMember } from '../../gemini-fields.ts';
import { invalid, isObject } from '../../json-fields.ts';
import { decodeConfig } from './decode-config.ts';
import { decodeContents } from './decode-contents.ts';
import { decodeToolConfig, decodeTools } from './decode-tools.ts';
import { membersOf, unknownMembers } from './members.ts';

const known: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  // They describe the caller and how fast it is served, not the answer.
  'labels',
  'model',
  'serviceTier',
  'store',
]);

/** https://ai.google.dev/api/generate-content#request-body */
export function decodeRequest(fields: Fields, { stream }: { readonly stream: boolean }): CanonicalRequest {
  const read = membersOf(fields);
  const untranslated: Untranslated[] = [...unknownMembers(fields, '', known)];
  for (const unmet of unmetSafetySettings(read('safetySettings'))) untranslated.push(unmet);
  const config = read('generationConfig');
  const { sampling, ...options } = decodeConfig(config, untranslated);
  const mediaResolution = isObject(config.value) ? membersOf(config.value)('mediaResolution').value : undefined;
  const system = decodeSystemInstruction(read('systemInstruction'));
  const conversation = decodeContents({ contents: fields['contents'], mediaResolution }, untranslated);
  const tools = decodeTools(read('tools'), untranslated);
  return {
    stream,
    messages: [...system, ...conversation],
    tools,
    ...decodeToolConfig(read('toolConfig'), untranslated),
    ...options,
    sampling,
    untranslated,
  };
}

function decodeSystemInstruction({ value, path }: GeminiMember): readonly Message[] {
  const fields = optionalObject(value, path);
  if (fields === undefined) return [];
  const content = optionalList(fields['parts'], `${path}.parts`).flatMap((entry, index) => {
    const partPath = `${path}.parts[${index}]`;
    const text = optionalText(requireObject(entry, partPath)['text'], `${partPath}.text`);
    if (text === undefined) throw invalid(partPath, 'must be text');
    return text === '' ? [] : [{ type: 'text', text, path: partPath } as const];
  });
  return content.length === 0 ? [] : [{ role: 'system', content, path }];
}

const blocksNothing: ReadonlySet<unknown> = new Set([
  undefined,
  null,
  'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
  'BLOCK_NONE',
  'OFF',
]);

/**
 * Google's filter is off unless a request asks for it, so one that asks for nothing loses nothing elsewhere; one that asks for
 * protection does. https://ai.google.dev/gemini-api/docs/safety-settings
 */
function unmetSafetySettings({ value, path }: GeminiMember): readonly Untranslated[] {
  return optionalList(value, path).flatMap((entry, index) => {
    const setting = requireObject(entry, `${path}[${index}]`);
    if (blocksNothing.has(setting['threshold'])) return [];
    return [{ path: `${path}[${index}]`, reason: 'only Google has this filter' }];
  });
}
