import { createSigner, type Signer } from '../../aws/sign.ts';
import { GatewayError } from '../../http/gateway-error.ts';
import { bedrockRegion } from '../../providers/bedrock.ts';
import type { Provider } from '../../providers/provider.ts';
import type { UpstreamRequest } from '../upstream.ts';
import type { ProviderAccess } from './provider-access.ts';
import type { AwsKeys } from './stored-credential.ts';

/** A request that still has to be authenticated; its headers and the query of its URL are changed in place. */
export interface UnauthenticatedRequest extends Pick<UpstreamRequest, 'url' | 'body'> {
  readonly headers: Record<string, string>;
}

/**
 * Puts an access where its provider wants it.
 *
 * @throws GatewayError 502 where a request has to be signed and nobody said for which service.
 */
export function authenticateRequest(request: UnauthenticatedRequest, provider: Provider, access: ProviderAccess): void {
  switch (access.kind) {
    case 'api-key':
      return placeKey(request, provider, access.secret.reveal());
    case 'access-token':
      request.headers['authorization'] = `Bearer ${access.secret.reveal()}`;
      return;
    case 'aws-keys':
      return sign(request, provider, access);
  }
}

function placeKey({ url, headers }: UnauthenticatedRequest, { auth }: Provider, key: string): void {
  switch (auth.kind) {
    case 'bearer':
      headers['authorization'] = `Bearer ${key}`;
      return;
    case 'header':
      headers[auth.name.toLowerCase()] = key;
      return;
    case 'query':
      url.searchParams.set(auth.name, key);
      return;
    case 'sigv4':
      // Checked where the access was opened: this provider accepts keys.
      headers['authorization'] = `Bearer ${key}`;
      return;
    case 'none':
      return;
  }
}

/** A provider lives as long as its declaration, and so does the signing key that its signer keeps. */
const signers = new WeakMap<Provider, Signer>();

function sign({ url, headers, body }: UnauthenticatedRequest, provider: Provider, keys: AwsKeys): void {
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const signed = signerFor(provider, url).sign(
    { host: url.host, path: url.pathname, contentType: headers['content-type'] ?? 'application/json', body },
    {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
    },
    Date.now(),
  );
  Object.assign(headers, signed);
}

/** A built-in provider stands in one region for as long as the process lives: the data plane's, which its URL now names. */
function signerFor(provider: Provider, url: URL): Signer {
  const known = signers.get(provider);
  if (known !== undefined) return known;
  const scope = provider.auth.kind === 'sigv4' ? provider.auth.scope : undefined;
  const region = scope?.region === '{region}' ? bedrockRegion(url.hostname) : scope?.region;
  if (scope === undefined || region === undefined) {
    const message = 'The provider is declared without the AWS service and region that its requests are signed for.';
    throw new GatewayError('provider_credential_missing', 502, message);
  }
  const signer = createSigner({ service: scope.service, region });
  signers.set(provider, signer);
  return signer;
}
