import * as z from 'zod';

/** What an operator decides about the control plane at deploy time; `lib/deployment-config.ts` has the rest. */

const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https URL' });
const providerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{2,31}$/, 'must be 3 to 32 letters, digits and hyphens, beginning with a letter')
  // Cognito's name for the users of the pool itself.
  .refine((name) => name.toUpperCase() !== 'COGNITO', 'must not be "COGNITO"');

const samlProvider = z.strictObject({
  name: providerName,
  metadataUrl: httpsUrl,
  emailAttribute: z.string().min(1).max(2048).exactOptional(),
  emailVerifiedAttribute: z.string().min(1).max(2048).exactOptional(),
});

const oidcProvider = z.strictObject({
  name: providerName,
  issuer: httpsUrl,
  clientId: z.string().min(1).max(512),
  /** Secret whose whole text is the client secret. */
  clientSecretArn: z
    .string()
    .regex(
      /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
      'must be the complete ARN of a secret',
    ),
  scopes: z
    .array(z.string().regex(/^[!-~]+$/))
    .min(1)
    .exactOptional(),
});

/**
 * A page over https, a program on the same machine, or an app by a scheme of its own.
 *
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
const callbackUrl = z
  .url()
  .refine((text) => !text.includes('#'), 'must have no fragment')
  .refine(
    (text) => !/^http:/i.test(text) || /^http:\/\/localhost[:/]/.test(text),
    'must be https, or http on localhost',
  );

const signIn = z
  .strictObject({
    /** False leaves the user pool out: sign-in by `oidcIssuers` and the bootstrap token only. */
    cognito: z.boolean().default(true),
    mfa: z.enum(['required', 'optional', 'off']).default('required'),
    /** First label of the sign-in pages' host name. Without it there are none. */
    domainPrefix: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be 1 to 63 lower-case letters, digits and hyphens')
      .refine((prefix) => !/aws|amazon|cognito/.test(prefix), 'must not contain "aws", "amazon" or "cognito"')
      .exactOptional(),
    callbackUrls: z.array(callbackUrl).min(1).max(100).exactOptional(),
    samlProviders: z.array(samlProvider).default([]),
    oidcProviders: z.array(oidcProvider).default([]),
  })
  .refine(
    ({ domainPrefix, samlProviders, oidcProviders }) =>
      domainPrefix !== undefined || samlProviders.length + oidcProviders.length === 0,
    { path: ['domainPrefix'], message: 'is required with identity providers: people sign in through those pages' },
  )
  .refine(
    ({ cognito, domainPrefix, callbackUrls, samlProviders, oidcProviders }) =>
      cognito ||
      (domainPrefix === undefined && callbackUrls === undefined && samlProviders.length + oidcProviders.length === 0),
    { path: ['cognito'], message: 'must not be false with settings of the user pool' },
  );

const claim = { claim: z.string().min(1).max(256), value: z.string().min(1).max(1024) };

/** As `lambdas/control-plane/sign-in/oidc-settings.ts` reads it; a test feeds the same settings to both. */
const oidcIssuer = z.strictObject({
  issuer: httpsUrl.refine((text) => !/[?#\s]/.test(text), 'must have no query, fragment or space'),
  audiences: z.array(z.string().min(1).max(512)).min(1),
  jwksUrl: httpsUrl.exactOptional(),
  clientIdClaim: z.string().min(1).max(256).exactOptional(),
  roles: z
    .array(
      z.discriminatedUnion('role', [
        z.strictObject({ ...claim, role: z.literal('operator') }),
        z.strictObject({
          ...claim,
          role: z.enum(['owner', 'admin', 'member', 'auditor']),
          organization: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of an organization'),
        }),
      ]),
    )
    .exactOptional(),
  trustUnverifiedEmail: z.boolean().exactOptional(),
  emailDomains: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain in lower case'))
    .min(1)
    .exactOptional(),
});

const tableName = z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a table');

/** A data plane of another region, by the outputs of its stack. Its region and account are those of its key. */
const otherDataPlane = z.strictObject({
  url: httpsUrl,
  vaultKeyArn: z.string().regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'must be the ARN of a KMS key'),
  tables: z.strictObject({
    policy: tableName,
    meter: tableName,
    requests: tableName,
    vault: tableName,
    usage: tableName,
    evidence: tableName,
  }),
});

export const controlPlaneSettings = z.strictObject({
  signIn: signIn.prefault({}),
  oidcIssuers: z
    .array(oidcIssuer)
    .refine((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, 'names an issuer twice')
    .default([]),
  /** Data planes to manage beside the home region's, at most three. */
  dataPlanes: z.array(otherDataPlane).max(3).default([]),
  /** Lets declared providers lie at loopback and private addresses. */
  allowPrivateProviders: z.boolean().default(false),
  reconcileMinutes: z.int().min(1).max(1440).default(15),
});

export type ControlPlaneConfig = z.infer<typeof controlPlaneSettings>;
