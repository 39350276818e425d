import * as z from 'zod';
import { protocolNames } from '../../wire/protocol-name.ts';
import { listOf, modelName, page, providerName, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const perMillion = z.int().min(0).max(1_000_000_000_000);

const declaredModel = z
  .strictObject({
    id: modelName.meta({ description: '`*` stands for every model name.' }),
    free: z.literal(true).exactOptional(),
    price: z
      .strictObject({
        inputPerMillion: perMillion,
        outputPerMillion: perMillion,
        cacheReadPerMillion: perMillion.exactOptional(),
        cacheWritePerMillion: perMillion.exactOptional(),
        perMillionUnits: perMillion.exactOptional().meta({
          description: 'Beside tokens: seconds of a transcription, characters of speech, images, searches of a rerank.',
        }),
      })
      .exactOptional()
      .meta({ description: 'Micro-USD per million tokens.' }),
    contextTokens: z.int().min(1).exactOptional(),
    maxOutputTokens: z.int().min(1).exactOptional(),
  })
  .refine((model) => (model.free === undefined) !== (model.price === undefined), {
    error: 'needs a price (micro-USD per million tokens) or "free": true, and not both',
  });

const auth = z
  .strictObject({
    kind: z.enum(['bearer', 'header', 'query', 'sigv4', 'none']),
    name: z
      .string()
      .regex(/^[A-Za-z0-9/_-]{1,64}$/, 'must be letters, digits, "-", "_" or "/"')
      .exactOptional()
      .meta({
        description: 'Of the header or query parameter; for `sigv4`: `service/region` where the host does not tell.',
      }),
  })
  .meta({ description: 'How the provider wants its credential; `header` with `api-key` is Azure’s way.' });

/** Members of `PUT /providers/{provider}`; the local runner’s configuration file takes the same. */
export const providerDeclarationFields = {
  baseUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048),
  protocols: z
    .array(z.enum(protocolNames))
    .min(1)
    .max(protocolNames.length)
    .default(['openai-chat', 'openai-embeddings'])
    .meta({
      description: 'What it speaks, preferred first.',
    }),
  auth: auth.default({ kind: 'bearer' }),
  models: z.array(declaredModel).min(1).max(1000),
  zeroRetention: z.literal(true).exactOptional().meta({ description: 'It keeps nothing of a request.' }),
};

const putProvider = z.strictObject(providerDeclarationFields).meta({ id: 'PutProvider' });

const provider = z
  .strictObject({ name: providerName, ...providerDeclarationFields, createdAt: timestamp, updatedAt: timestamp })
  .meta({ id: 'Provider' });

const tag = 'Providers';

export const providerOperations = {
  putProvider: {
    method: 'PUT',
    path: '/providers/{provider}',
    tag,
    summary: 'Declare a provider, or change its declaration',
    description:
      'A declaration under the name of a built-in provider takes its place. Data planes follow within 10 seconds.',
    scope: 'platform',
    permission: 'providers:write',
    body: putProvider,
    status: 200,
    response: provider,
    etag: true,
  },
  listProviders: {
    method: 'GET',
    path: '/providers',
    tag,
    summary: 'List declared providers',
    scope: 'platform',
    permission: 'providers:read',
    query: z.strictObject(page),
    status: 200,
    response: listOf(provider),
  },
  getProvider: {
    method: 'GET',
    path: '/providers/{provider}',
    tag,
    summary: 'Get a declared provider',
    scope: 'platform',
    permission: 'providers:read',
    status: 200,
    response: provider,
    etag: true,
  },
  deleteProvider: {
    method: 'DELETE',
    path: '/providers/{provider}',
    tag,
    summary: 'Withdraw a declaration; data planes follow within 10 seconds',
    scope: 'platform',
    permission: 'providers:write',
    status: 204,
    etag: true,
  },
} as const satisfies Record<string, Operation>;
