import { Secret } from '../../../crypto/secret.ts';
import type { ProviderAuth } from '../../../providers/provider.ts';
import type { CredentialOwner, CredentialRecord } from '../../../store/control/credential.ts';
import type { BodyOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { FieldError } from '../problem.ts';
import { urlFault } from '../routing/endpoint-url.ts';

type Given = BodyOf<Operations['putCredential']>['secret'];

/** A secret ready to be sealed, and what may be told of it. */
export interface ProviderSecret {
  readonly kind: CredentialRecord['kind'];
  readonly lastFour: string;
  /** An API key as it is; everything else as JSON text that begins with its kind. */
  readonly text: Secret;
}

/** By this the data plane tells other kinds from an API key: see `routing/provider-access/stored-credential.ts`. */
const structuredStart = '{"kind":';
/** Four of fewer than twelve characters would be too much of a hint. */
const shortestHinted = 12;

/**
 * A role of a workspace is always assumed with the workspace's id as its external id. Else a workspace could name the role of
 * another one, which the same function may assume. (AWS IAM User Guide, "The confused deputy problem")
 */
export function readProviderSecret(given: Given, owner: CredentialOwner): ProviderSecret {
  if (typeof given === 'string') return { kind: 'api-key', lastFour: lastFourOf(given), text: new Secret(given) };
  const { kind, ...members } = given;
  const externalId = kind === 'aws-role' && owner.kind === 'workspace' ? { externalId: owner.workspace } : {};
  const text = new Secret(JSON.stringify({ kind, ...members, ...externalId }));
  return { kind, lastFour: lastFourOf(nameOf(given)), text };
}

/** The part of it that people know it by. */
function nameOf(given: Exclude<Given, string>): string {
  switch (given.kind) {
    case 'oauth-client-credentials':
      return given.clientId;
    case 'aws-keys':
      return given.accessKeyId;
    case 'aws-role':
      return given.roleArn;
    case 'google-service-account':
      return given.clientEmail;
    case 'aws-function-role':
      return '';
  }
}

function lastFourOf(text: string): string {
  return text.length < shortestHinted ? '' : text.slice(-4);
}

/** What no schema can tell about a secret, given how its provider wants to be shown one. Nothing of it is repeated. */
export function secretFaults(
  given: Given,
  auth: ProviderAuth,
  rules: { readonly allowPrivate: boolean; readonly owner: CredentialOwner },
): FieldError[] {
  if (auth.kind === 'none') {
    return [{ field: 'path.provider', message: 'must be a provider that takes a credential; this one takes none' }];
  }
  if (!takes(auth, given)) {
    const wanted =
      auth.kind === 'sigv4'
        ? `must be ${auth.acceptsKeys ? 'an API key, ' : ''}AWS keys or an AWS role`
        : 'must be an API key, OAuth client credentials or a Google service account';
    return [{ field: 'body.secret', message: `${wanted}: this provider takes nothing else` }];
  }
  if (typeof given === 'string') return keyFaults(given);
  if (given.kind === 'aws-function-role') return ownRoleFaults(auth, rules.owner);
  if (given.kind === 'aws-role') return roleFaults(given, rules.owner);
  return given.kind === 'oauth-client-credentials' ? oauthFaults(given, rules) : [];
}

function takes(auth: ProviderAuth, given: Given): boolean {
  if (typeof given === 'string') return auth.kind !== 'sigv4' || auth.acceptsKeys === true;
  const isAws = given.kind !== 'oauth-client-credentials' && given.kind !== 'google-service-account';
  return isAws === (auth.kind === 'sigv4');
}

/** The gateway's own role is the platform's to lend, and to Bedrock only; the data plane holds to the same. */
function ownRoleFaults(auth: ProviderAuth, owner: CredentialOwner): FieldError[] {
  const field = 'body.secret';
  if (owner.kind !== 'platform') {
    return [{ field, message: 'must be of the workspace: the role of the gateway is the platform’s' }];
  }
  const isBedrock = auth.kind === 'sigv4' && auth.scope?.service === 'bedrock';
  return isBedrock ? [] : [{ field, message: 'must be another one: the role of the gateway signs for Bedrock only' }];
}

function keyFaults(key: string): FieldError[] {
  if (key.startsWith(structuredStart)) {
    return [{ field: 'body.secret', message: 'must be an object and not its text, if it is of a kind of its own' }];
  }
  // Anything else could not be sent in a header.
  if (!/^[\u0021-\u007e]+$/.test(key)) return [{ field: 'body.secret', message: 'must be printable ASCII' }];
  return [];
}

function roleFaults({ externalId }: Extract<Given, { kind: 'aws-role' }>, owner: CredentialOwner): FieldError[] {
  if (owner.kind === 'platform' || externalId === undefined || externalId === owner.workspace) return [];
  const message = 'must be left out: it is always the id of the workspace, which the role has to ask for';
  return [{ field: 'body.secret.externalId', message }];
}

function oauthFaults(
  { tokenUrl }: Extract<Given, { kind: 'oauth-client-credentials' }>,
  rules: { readonly allowPrivate: boolean },
): FieldError[] {
  // A query is allowed there, a fragment is not. (RFC 6749 section 3.2)
  const fault = urlFault(tokenUrl, { ...rules, allowQuery: true });
  return fault === undefined ? [] : [{ field: 'body.secret.tokenUrl', message: fault }];
}
