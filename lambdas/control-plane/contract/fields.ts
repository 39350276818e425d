import * as z from 'zod';

/** Schemas that several resources share. Each carries its own message: it ends up beside the field's name in a 400. */

/** Ids are ours: whatever does not look like one cannot exist. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;
export const id = z.string().regex(idPattern);

/** As the API shows a name: what was stored under an older rule is shown all the same. */
export const shownName = z.string().meta({ description: 'A name for people.', example: 'Acme research' });

/** Some characters stand for up to 18 others when names are compared, and a name is part of a key of the store. */
const maxComparedLength = 256;

/**
 * As a caller may choose a name. Operators read the names of tenants in terminals and tables: what moves the cursor, turns the
 * direction of writing or cannot be seen could make one look like another's.
 */
export const displayName = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .regex(
    // eslint-disable-next-line no-control-regex
    /^[^\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]*$/,
    'must not hold control characters, nor invisible ones',
  )
  .refine(
    (name) => name.isWellFormed() && name.normalize('NFKC').length <= maxComparedLength,
    `must be Unicode text, of at most ${maxComparedLength} characters with compatibility characters written out`,
  )
  .refine((name) => /[^\s\p{Default_Ignorable_Code_Point}]/u.test(name), 'must have something to see')
  .meta({ description: 'A name for people.', example: 'Acme research' });

export const providerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63')
  .meta({ example: 'openai' });

export const routeAlias = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
    'must be letters, digits and . _ : -, at most 128, beginning with a letter or digit',
  )
  .meta({ example: 'fast' });

/** A model as one provider names it. */
export const modelName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\u0021-\u007e]+$/, 'must be printable ASCII without spaces')
  .meta({ example: 'gpt-5-mini' });

const modelPattern = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\u0021-\u0029\u002b-\u007e]*\*?$/, 'must be a model name; "*" may stand only at its end')
  .meta({ example: 'openai/*' });

/** Paths of the data plane that a key can be limited to; a test keeps the list equal to the data plane's own. */
export const callerEndpoints = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/responses/input_tokens',
  '/v1/embeddings',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1beta/models/{model}:generateContent',
  '/v1beta/models/{model}:streamGenerateContent',
  '/v1beta/models/{model}:countTokens',
  '/v1beta/models/{model}:embedContent',
  '/v1beta/models/{model}:batchEmbedContents',
  '/v1/images/generations',
  '/v1/audio/speech',
  '/v1/audio/transcriptions',
  '/v1/moderations',
  '/v1/rerank',
  '/v1/models',
  '/v1/models/{model}',
  '/v1beta/models',
  '/v1beta/models/{model}',
  '/v1/key',
  '/v1/generation',
] as const;

const cidr = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
    error: 'must be a network such as 203.0.113.0/24 or 2001:db8::/32, or one address',
  })
  .meta({ example: '203.0.113.0/24' });

export const models = z.array(modelPattern).min(1).max(200).meta({
  description: 'Models that may be used: `provider/model`, a bare name, a route, or a beginning with `*`. Absent: all.',
});
export const endpoints = z.array(z.enum(callerEndpoints)).min(1).max(callerEndpoints.length).meta({
  description: 'Paths that may be called. Absent: all.',
});
export const cidrs = z.array(cidr).min(1).max(200).meta({
  description: 'Networks that may be called from. Absent: all.',
});

const count = z.int().min(1).max(1_000_000_000_000);

export const limits = z
  .strictObject({
    requestsPerMinute: count.exactOptional(),
    tokensPerMinute: count.exactOptional(),
    requestsPerDay: count.exactOptional(),
    concurrentRequests: count.exactOptional(),
  })
  .meta({ id: 'Limits', description: 'What is absent is unlimited.' });

/** Integer micro-USD: 1 USD is 1000000. Stays exact in a double. */
export const microUsd = z.int().min(0).max(1_000_000_000_000_000);

export const budget = z
  .strictObject({ amountMicroUsd: microUsd, period: z.enum(['day', 'week', 'month', 'total']) })
  .meta({
    id: 'Budget',
    description: 'Money that may be spent per UTC day, ISO week, calendar month, or ever. 1 USD is 1000000 micro-USD.',
  });

export const timestamp = z.iso.datetime().meta({ description: 'ISO 8601 UTC.', example: '2026-11-22T06:30:00.000Z' });
export const day = z.iso.date().meta({ description: 'UTC day.', example: '2026-11-22' });

export const region = z
  .string()
  .regex(/^([a-z]{2}(-[a-z]+)+-\d|local)$/, 'must be a region such as eu-west-1')
  .meta({ example: 'eu-west-1' });

/** Query strings are text; JSON Schema says integer. */
export const page = {
  limit: z.coerce.number().int().min(1).max(100).default(50).meta({ description: 'Most items in one answer.' }),
  cursor: z.string().max(1024).exactOptional().meta({ description: '`nextCursor` of the answer before.' }),
};

/** One page of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    data: z.array(item),
    nextCursor: z.string().nullable().meta({ description: '`cursor` of the next page; null on the last one.' }),
  });
}
