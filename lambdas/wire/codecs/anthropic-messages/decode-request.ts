import { type Fields, given, isAbsent, optionalNumber, optionalObject, requireList } from '../../canonical/read.ts';
import type { CanonicalRequest, Message } from '../../canonical/request.ts';
import { ToolCalls } from '../../canonical/turns.ts';
import { markLast, readCache } from './decode-cache.ts';
import { decodeMessage, decodeTexts } from './decode-message.ts';
import { decodeOutputFormat, decodeReasoning, decodeSampling, listUntranslated } from './decode-options.ts';
import { decodeTools } from './decode-tools.ts';

export function decodeRequest(fields: Fields, { stream }: { readonly stream: boolean }): CanonicalRequest {
  const calls = new ToolCalls();
  const messages = requireList(fields['messages'], 'messages').map((message, index) =>
    decodeMessage(message, `messages[${index}]`, calls),
  );
  const { tools, untranslated, ...toolOptions } = decodeTools(fields);
  const endUser = optionalObject(fields['metadata'], 'metadata')?.['user_id'];
  return {
    stream,
    messages: [...decodeSystem(fields['system']), ...markLast(messages, readCache(fields, '').cache)],
    tools,
    ...toolOptions,
    ...given('outputFormat', decodeOutputFormat(fields)),
    ...given('reasoning', decodeReasoning(fields)),
    sampling: decodeSampling(fields),
    ...given('maxOutputTokens', optionalNumber(fields['max_tokens'], 'max_tokens')),
    ...(!isAbsent(fields['max_tokens']) && { maxOutputTokensPath: 'max_tokens' }),
    ...(typeof endUser === 'string' && endUser !== '' && { endUser }),
    untranslated: [...listUntranslated(fields), ...untranslated],
  };
}

function decodeSystem(system: unknown): readonly Message[] {
  if (isAbsent(system)) return [];
  const content = decodeTexts(system, 'system').filter(({ text }) => text !== '');
  return content.length === 0 ? [] : [{ role: 'system', content, path: 'system' }];
}
