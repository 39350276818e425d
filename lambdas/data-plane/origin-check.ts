import { createHash, timingSafeEqual } from 'node:crypto';
import type { AwsTransport } from '../aws/json-transport.ts';
import { describeFault, type Logger } from '../telemetry/logger.ts';

/** CloudFront adds it; a request without it went around the edge, and so around the web ACL. */
export const originHeader = 'x-gateway-origin-verify';

/** Set by the edge; worth trusting only after the origin header was checked. */
export const viewerAddressHeader = 'x-gatehouse-viewer-address';

/** Says whether a request came through our edge. */
export type OriginCheck = (presented: string | undefined) => Promise<boolean>;

const maxAgeMs = 5 * 60_000;
/** A wrong header makes us look for a rotation, but not at any stranger's pace. */
const rereadMs = 10_000;

/**
 * Compares with the current and the previous value of a secret in AWS Secrets Manager, `{"current","previous"}`, so that a
 * rotation interrupts nobody.
 */
export function createOriginCheck(options: {
  secretsManager: AwsTransport;
  secretId: string;
  now: () => number;
  logger: Logger;
}): OriginCheck {
  let accepted: readonly Buffer[] = [];
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    readAt = options.now();
    try {
      const answer = (await options.secretsManager.call('GetSecretValue', { SecretId: options.secretId })) as {
        SecretString?: string;
      };
      const { current, previous } = JSON.parse(answer.SecretString ?? '{}') as Record<string, string | undefined>;
      accepted = [current, previous].flatMap((value) => (value ? [digest(value)] : []));
    } catch (error) {
      // What was read before stays valid: an outage of Secrets Manager does not become ours.
      options.logger.fault(describeFault('origin-secret-unavailable', error));
    }
  };

  const read = (): Promise<void> => {
    reading ??= load().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  return async (presented) => {
    if (presented === undefined) return false;
    if (options.now() - readAt > maxAgeMs) await read();
    const given = digest(presented);
    const matches = (): boolean => accepted.some((value) => timingSafeEqual(value, given));
    if (matches()) return true;
    // Nobody is refused while the value that could let them in is on its way.
    await reading;
    if (matches()) return true;
    if (options.now() - readAt < rereadMs) return false;
    await read();
    return matches();
  };
}

/** Equal lengths for the constant-time comparison, whatever was presented. */
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
