import type { CacheMarker } from '../../canonical/request.ts';

/** https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
export function writeCache({ cache }: { readonly cache?: CacheMarker }): object {
  return cache === undefined ? {} : { cache_control: { type: 'ephemeral', ...cache } };
}
