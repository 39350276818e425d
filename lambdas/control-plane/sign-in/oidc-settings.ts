import * as z from 'zod';
import { id } from '../contract/fields.ts';
import { isSecureUrl } from './secure-url.ts';

const secureUrl = z.string().max(512).refine(isSecureUrl, 'must be an https URL (http only on loopback)');

/** OpenID Connect Discovery 1.0, section 2: no query and no fragment. So `<issuer>#<subject>` can be read in one way only. */
const issuerUrl = secureUrl.refine((text) => !/[?#\s]/.test(text), 'must have no query, fragment or space');

const claimName = z.string().min(1).max(256);
const claimValue = z.string().min(1).max(1024);

/** A claim that makes somebody something: the platform operator, or a role in one organization. */
const claimRoleSchema = z.discriminatedUnion('role', [
  z.strictObject({ claim: claimName, value: claimValue, role: z.literal('operator') }),
  z.strictObject({
    claim: claimName,
    value: claimValue,
    role: z.enum(['owner', 'admin', 'member', 'auditor']),
    organization: id,
  }),
]);

const oidcIssuerSchema = z.strictObject({
  /** Exactly the `iss` of its tokens, a final slash included. */
  issuer: issuerUrl,
  /** A token must be meant for one of these. For id tokens and Cognito: client ids. */
  audiences: z.array(z.string().min(1).max(512)).min(1),
  /** Where its public keys are. Absent: its discovery document says it. */
  jwksUrl: secureUrl.exactOptional(),
  /** The claim to compare with `audiences` in tokens without `aud`. Cognito's `client_id` is known without. */
  clientIdClaim: claimName.exactOptional(),
  roles: z.array(claimRoleSchema).default([]),
  /** Takes the issuer's word for every e-mail address, also where it does not say that it verified it. */
  trustUnverifiedEmail: z.boolean().exactOptional(),
  /** The domains whose addresses it may vouch for. Absent: all, so it could name anybody whom another issuer knows. */
  emailDomains: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain in lower case'))
    .min(1)
    .exactOptional(),
});

const oidcIssuersSchema = z
  .array(oidcIssuerSchema)
  .refine((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, 'names an issuer twice');

export type ClaimRole = Readonly<z.infer<typeof claimRoleSchema>>;
export type OidcIssuer = Readonly<z.infer<typeof oidcIssuerSchema>>;

/**
 * The issuers whose tokens are accepted, from the JSON array in an environment variable. Absent or empty: none.
 *
 * @throws naming the path of every fault and no value: what was pasted by mistake may be a secret.
 */
export function parseOidcSettings(text: string | undefined): readonly OidcIssuer[] {
  if (text === undefined || text.trim() === '') return [];
  const result = oidcIssuersSchema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `\`${path.join('.')}\` ${message}`,
  );
  throw new Error(`invalid OIDC settings: ${faults.join('; ')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: the engine's message quotes the text.
    throw new Error('invalid OIDC settings: not JSON');
  }
}
