import { type Fields, optionalObject } from '../../canonical/read.ts';
import type { CacheMarker, Message } from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';

/** `{ cache }` where the element ends a prefix to be cached. */
export function readCache(fields: Fields, path: string): { cache?: CacheMarker } {
  const at = path === '' ? 'cache_control' : `${path}.cache_control`;
  const marker = optionalObject(fields['cache_control'], at);
  if (marker === undefined) return {};
  const ttl = marker['ttl'] ?? undefined;
  if (ttl !== undefined && ttl !== '5m' && ttl !== '1h') throw invalid(`${at}.ttl`, 'must be "5m" or "1h"');
  return { cache: ttl === undefined ? {} : { ttl } };
}

/** The marker of the whole request stands for one at the end of the conversation. */
export function markLast(messages: readonly Message[], cache: CacheMarker | undefined): readonly Message[] {
  const last = messages.at(-1);
  const part = last?.content.at(-1);
  if (cache === undefined || last === undefined || part === undefined || !canCarryCache(part.type)) return messages;
  const content = [...last.content.slice(0, -1), { cache, ...part }];
  return [...messages.slice(0, -1), { ...last, content } as Message];
}

function canCarryCache(type: Message['content'][number]['type']): boolean {
  return type === 'text' || type === 'image' || type === 'document' || type === 'tool-result' || type === 'tool-call';
}
