import { WireError } from '../../wire-error.ts';

/** For content that means something to Anthropic alone. Options go into `untranslated`, which the caller may have dropped. */
export function unsupported(path: string, reason: string): WireError {
  return new WireError('parameter_not_supported', `"${path}" cannot be translated: ${reason}.`, { param: path });
}
