import type { CredentialRecord } from '../../../store/control/credential.ts';
import type { ResponseOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';

/** All that is ever told of a credential. */
export function viewCredential(
  record: Omit<CredentialRecord, 'secretVersion' | 'oldestSecretVersion'>,
): ResponseOf<Operations['getCredential']> {
  const { provider, kind, lastFour, zeroRetention, previousSecretVersion, createdAt, rotatedAt = null } = record;
  const previousUsable = previousSecretVersion !== undefined;
  return { provider, kind, lastFour, zeroRetention, previousUsable, createdAt, rotatedAt };
}
