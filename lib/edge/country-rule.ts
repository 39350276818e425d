import * as z from 'zod';
import { edgeHeaders } from './edge-answer.ts';
import type { EdgeFault } from './edge-answer.ts';
import { jsonBlock, visibility } from './web-acl-rules.ts';
import type { WebAclRule } from './web-acl-rules.ts';

const country = z.string().regex(/^[A-Z]{2}$/, 'must be a country code of ISO 3166 in capitals, such as CH');

/** 50 is what WAF takes in one statement. */
const countryList = z.array(country).min(1).max(50);

/** Countries that may call, or all countries but those that may not. */
export const countrySettings = z
  .strictObject({ allow: countryList.exactOptional(), block: countryList.exactOptional() })
  .refine(({ allow, block }) => (allow === undefined) !== (block === undefined), 'must have either `allow` or `block`');

export interface Countries {
  /**
   * Country codes of ISO 3166; nobody else is let in.
   *
   * @default - see `block`
   */
  readonly allow?: readonly string[];

  /**
   * Country codes of ISO 3166; everybody else is let in.
   *
   * @default - see `allow`
   */
  readonly block?: readonly string[];
}

/** Key under which an ACL must have `countryFault` as a custom response body, for `countryRule`. */
export const countryResponse = 'country';

export const countryFault: EdgeFault = {
  code: 'country_not_allowed',
  message: 'The gateway does not take requests from this country.',
  type: 'permission_error',
  status: 'PERMISSION_DENIED',
  owner: 'gateway',
  retryable: false,
};

/** @throws when there is neither or both of the lists, or something that is not a country code. */
export function countryRule(countries: Countries): WebAclRule {
  const parsed = countrySettings.safeParse(countries);
  if (!parsed.success) {
    throw new Error(`\`countries\` ${parsed.error.issues[0]?.message}, got: ${JSON.stringify(countries)}`);
  }
  const { allow, block = [] } = parsed.data;
  return {
    name: 'Country',
    action: jsonBlock(403, countryResponse, edgeHeaders(countryFault)),
    statement: allow === undefined ? inCountries(block) : { notStatement: { statement: inCountries(allow) } },
    visibilityConfig: visibility('Country'),
  };
}

function inCountries(countryCodes: string[]) {
  return { geoMatchStatement: { countryCodes } };
}
