/**
 * What a data key is bound to. AWS KMS refuses to unwrap under any other context, and the same canonical string is the AAD of
 * the AES-256-GCM ciphertext. Ids only, never names or secrets: AWS writes it to CloudTrail in plain text.
 */
export interface EncryptionContext {
  readonly app: 'gatehouse';
  readonly organization: string;
  readonly workspace: string;
  readonly provider: string;
  readonly credential: string;
}

/** Makes fresh data keys (control plane: `kms:GenerateDataKey`). Cannot unwrap one. */
export interface KeyGenerator {
  /** A fresh 32-byte data key, plain (for one encryption, then zero it) and wrapped (to store). */
  generateDataKey(context: EncryptionContext): Promise<{ plaintext: Buffer; wrapped: Buffer }>;
}

/** Unwraps data keys (data plane: `kms:Decrypt`). Cannot make one. */
export interface KeyUnwrapper {
  /** @throws when the wrapped key was made under another context or another wrapping key. */
  unwrapDataKey(wrapped: Buffer, context: EncryptionContext): Promise<Buffer>;
}

/** A key wrapper offers both sides; each plane is handed only the half it may use. */
export interface KeyWrapper {
  readonly generator: KeyGenerator;
  readonly unwrapper: KeyUnwrapper;
}

/** One text for one context, whatever the order of its members: the AAD, byte for byte. */
export function canonicalContext(context: EncryptionContext): string {
  const { app, organization, workspace, provider, credential } = context;
  return JSON.stringify({ app, credential, organization, provider, workspace });
}
