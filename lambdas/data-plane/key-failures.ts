import { KeyWrapperError } from '../crypto/key-wrapper-error.ts';
import type { KeyUnwrapper } from '../crypto/key-wrapper.ts';
import { describeFault, type Logger } from '../telemetry/logger.ts';

/**
 * The same, and a fault for each time that the key service does not do its work: it is away, or refuses us. Told here, since a
 * fallback to another provider can hide it from whoever called. A data key that was made for another context is no such fault: it
 * never opens, and its caller hears so.
 */
export function reportKeyFailures(keyUnwrapper: KeyUnwrapper, logger: Pick<Logger, 'fault'>): KeyUnwrapper {
  return {
    async unwrapDataKey(wrapped, context) {
      try {
        return await keyUnwrapper.unwrapDataKey(wrapped, context);
      } catch (error) {
        const mismatch = error instanceof KeyWrapperError && error.kind === 'mismatch';
        if (!mismatch) logger.fault(describeFault('key-service-failed', error));
        throw error;
      }
    },
  };
}
