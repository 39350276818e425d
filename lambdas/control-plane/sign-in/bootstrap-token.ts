import { hash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../crypto/secret.ts';
import { SignInError } from './sign-in-error.ts';

/** So long may a token that was taken away go on working. */
const maxAgeMs = 60_000;
/** An unknown token makes us look for a rotation, but not at any stranger's pace. */
const rereadMs = 5_000;

/**
 * Says whether a token is one of the bootstrap tokens (the current and, during a rotation, the previous one). An empty one is
 * none. Unlike the data plane's origin check it does not live on with an old value: whoever holds the token may do everything.
 *
 * @param load reads the tokens from where they are kept.
 * @returns a check that throws {@link SignInError} `sign_in_unavailable` where the tokens could not be read.
 */
export function createBootstrapTokenCheck(
  load: () => Promise<readonly Secret[]>,
  now: () => number,
): (token: string) => Promise<boolean> {
  let accepted: readonly Buffer[] = [];
  let loadedAt = -Infinity;
  let attemptedAt = -Infinity;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const startedAt = now();
    attemptedAt = startedAt;
    try {
      const tokens = (await load()).map((token) => token.reveal());
      accepted = tokens.filter((token) => token !== '').map(digest);
      loadedAt = startedAt;
    } catch (cause) {
      throw unavailable(cause);
    }
  };

  const readOnce = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  return async (token) => {
    const given = digest(token);
    if (now() - loadedAt < maxAgeMs && isAmong(accepted, given)) return true;
    // Nobody is refused while the value that could let them in is on its way.
    if (reading !== undefined || now() - attemptedAt >= rereadMs) await readOnce();
    else if (attemptedAt !== loadedAt) throw unavailable();
    return isAmong(accepted, given);
  };
}

/** Equal lengths for the constant-time comparison, whatever was presented. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

function isAmong(accepted: readonly Buffer[], given: Buffer): boolean {
  return accepted.map((digestOfToken) => timingSafeEqual(digestOfToken, given)).includes(true);
}

function unavailable(cause?: unknown): SignInError {
  return new SignInError(
    'sign_in_unavailable',
    'The bootstrap token cannot be checked at the moment. Try again in a few seconds.',
    { cause },
  );
}
