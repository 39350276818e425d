import type { CacheMarker } from '../../canonical/request.ts';
import type { ModelFamily } from './model-family.ts';

/**
 * The block that ends a cached prefix, behind what is marked. Models without prompt caching refuse it, and a marker changes no
 * answer, so it is left out for them; Nova has neither a choice of lifetimes nor caching of tools.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export function cachePoint(
  marker: CacheMarker | undefined,
  family: ModelFamily,
  place: 'content' | 'tools' = 'content',
): readonly object[] {
  if (marker === undefined) return [];
  switch (family) {
    case 'claude':
      return [{ cachePoint: { type: 'default', ...(marker.ttl !== undefined && { ttl: marker.ttl }) } }];
    case 'nova':
    case 'nova-2':
      return place === 'tools' ? [] : [{ cachePoint: { type: 'default' } }];
    default:
      return [];
  }
}
