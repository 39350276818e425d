import type { KeyRecord } from '../../../store/control/key.ts';

/** So many rotations within one overlap keep every secret that was promised to work. */
const maxSecrets = 8;

/**
 * The accepted secrets after a rotation, the newest first. Every one before works until the overlap ends, or until the end it
 * had already, if that is sooner; without an overlap none does. Not only the last one: a rotation whose answer got lost is
 * repeated, and the secret that is in use is then the one before the last.
 */
export function rotateSecrets(
  secrets: KeyRecord['secrets'],
  newest: string,
  { overlapSeconds, now }: { overlapSeconds: number; now: number },
): KeyRecord['secrets'] {
  const nowSeconds = Math.floor(now / 1000);
  const overlapEnd = nowSeconds + overlapSeconds;
  const older = secrets
    .map(({ hash, expiresAt = Infinity }) => ({ hash, expiresAt: Math.min(expiresAt, overlapEnd) }))
    .filter(({ expiresAt }) => expiresAt > nowSeconds);
  return [{ hash: newest }, ...older].slice(0, maxSecrets);
}
