import * as z from 'zod';
import { listOf, page, providerName, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const secretText = z.string().min(1).max(8192).regex(/^\S+$/, 'must not hold spaces or line breaks');

/** What a provider wants to be shown. A plain string is an API key: sent as bearer, header or query, as the provider has it. */
const providerSecret = z
  .union([
    secretText,
    z.strictObject({
      kind: z.literal('oauth-client-credentials'),
      tokenUrl: z.url({ protocol: /^https?$/ }),
      clientId: secretText,
      clientSecret: secretText,
      scope: z.string().min(1).max(1024).exactOptional(),
      audience: z.string().min(1).max(1024).exactOptional(),
    }),
    z.strictObject({
      kind: z.literal('google-service-account'),
      clientEmail: z.email().max(256),
      privateKey: z.string().max(8192).startsWith('-----BEGIN PRIVATE KEY-----', 'must be the private key in PEM form'),
      privateKeyId: secretText.exactOptional(),
    }),
    z.strictObject({ kind: z.literal('aws-function-role') }),
    z.strictObject({
      kind: z.literal('aws-keys'),
      accessKeyId: z.string().regex(/^[A-Z0-9]{16,128}$/, 'must be an access key id'),
      secretAccessKey: secretText,
      sessionToken: secretText.exactOptional(),
    }),
    z.strictObject({
      kind: z.literal('aws-role'),
      roleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role'),
      externalId: z.string().min(2).max(1224).exactOptional().meta({
        description: 'For the platform’s roles. A workspace’s role is always assumed with the id of the workspace.',
      }),
    }),
  ])
  .meta({
    id: 'ProviderSecret',
    description:
      'An API key as a string; OAuth 2.0 client credentials; a Google service account; or, for providers with `sigv4`, AWS keys, a role to assume or the gateway’s own role.',
  });

const credential = z
  .strictObject({
    provider: providerName,
    kind: z.enum([
      'api-key',
      'oauth-client-credentials',
      'google-service-account',
      'aws-keys',
      'aws-role',
      'aws-function-role',
    ]),
    lastFour: z.string().meta({ description: 'End of the key, client id or role; empty for a short one.' }),
    zeroRetention: z.boolean(),
    previousUsable: z
      .boolean()
      .meta({ description: 'The secret before still stands by, until the new one has served a request.' }),
    createdAt: timestamp,
    rotatedAt: timestamp.nullable(),
  })
  .meta({ id: 'Credential', description: 'All that can ever be read of a provider credential.' });

const putCredential = z
  .strictObject({
    secret: providerSecret,
    zeroRetention: z.boolean().exactOptional().meta({
      description: 'The vendor account has an agreement that nothing of a request is kept.',
    }),
  })
  .meta({ id: 'PutCredential' });

const tag = 'Credentials';
const put = { method: 'PUT', tag, body: putCredential, status: 200, response: credential, etag: true } as const;
const get = { method: 'GET', tag, status: 200, response: credential, etag: true } as const;
const list = { method: 'GET', tag, query: z.strictObject(page), status: 200, response: listOf(credential) } as const;
const remove = { method: 'DELETE', tag, status: 204, etag: true } as const;

const ofWorkspace = '/workspaces/{workspace}/credentials';
const ofPlatform = '/platform/credentials';

export const credentialOperations = {
  putCredential: {
    ...put,
    path: `${ofWorkspace}/{provider}`,
    summary: 'Store or rotate the workspace’s own credential for a provider',
    description:
      'Write-only: nothing can read it back. The one before is used where the provider refuses the new one, until that has served a request.',
    scope: 'workspace',
    permission: 'credentials:write',
  },
  listCredentials: {
    ...list,
    path: ofWorkspace,
    summary: 'List the workspace’s own credentials',
    scope: 'workspace',
    permission: 'credentials:read',
  },
  getCredential: {
    ...get,
    path: `${ofWorkspace}/{provider}`,
    summary: 'Get what may be known of a credential',
    scope: 'workspace',
    permission: 'credentials:read',
  },
  deleteCredential: {
    ...remove,
    path: `${ofWorkspace}/{provider}`,
    summary: 'Delete a credential; holds from the next request on',
    scope: 'workspace',
    permission: 'credentials:write',
  },
  putPlatformCredential: {
    ...put,
    path: `${ofPlatform}/{provider}`,
    summary: 'Store or rotate the platform’s credential for a provider',
    description: 'Used by workspaces that bring none of their own.',
    scope: 'platform',
    permission: 'platform-credentials:write',
  },
  listPlatformCredentials: {
    ...list,
    path: ofPlatform,
    summary: 'List the platform’s credentials',
    scope: 'platform',
    permission: 'platform-credentials:read',
  },
  getPlatformCredential: {
    ...get,
    path: `${ofPlatform}/{provider}`,
    summary: 'Get what may be known of a platform credential',
    scope: 'platform',
    permission: 'platform-credentials:read',
  },
  deletePlatformCredential: {
    ...remove,
    path: `${ofPlatform}/{provider}`,
    summary: 'Delete a platform credential; data planes follow within 10 seconds',
    scope: 'platform',
    permission: 'platform-credentials:write',
  },
} as const satisfies Record<string, Operation>;
