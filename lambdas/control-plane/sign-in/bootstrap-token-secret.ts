import type { AwsTransport } from '../../aws/json-transport.ts';
import { Secret } from '../../crypto/secret.ts';

/**
 * Reads the bootstrap token from a secret in AWS Secrets Manager: `{"current","previous"}`, so that a rotation locks nobody out.
 * Who reads it keeps it for a while (`bootstrap-token.ts`); this asks every time.
 *
 * @throws AwsCallError; Error when the secret is no JSON object.
 */
export function createBootstrapTokenReader(
  secretsManager: Pick<AwsTransport, 'call'>,
  secretId: string,
): () => Promise<readonly Secret[]> {
  return async () => {
    const answer = (await secretsManager.call('GetSecretValue', { SecretId: secretId })) as { SecretString?: string };
    return tokensOf(answer.SecretString ?? '').map((token) => new Secret(token));
  };
}

/** Without the parser's error: its message would quote the secret. */
function tokensOf(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the secret of the bootstrap token is not JSON');
  }
  const { current, previous } = (value ?? {}) as { current?: unknown; previous?: unknown };
  return [current, previous].filter((token): token is string => typeof token === 'string' && token !== '');
}
