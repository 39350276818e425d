import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../../lambdas/crypto/secret.ts';
import type { Provider } from '../../lambdas/providers/provider.ts';
import type { AnswerForm } from '../../lambdas/routing/answer-form.ts';
import { type BuiltRequest, buildUpstreamRequest } from '../../lambdas/routing/build-upstream-request.ts';
import type { ProviderAccess } from '../../lambdas/routing/provider-access/provider-access.ts';
import { refusedByProvider } from '../../lambdas/routing/provider-error.ts';
import { parseJsonBody } from '../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../lambdas/wire/openai-chat.ts';
import { openaiEmbeddings } from '../../lambdas/wire/openai-embeddings.ts';
import { protocolKind, type ProtocolName } from '../../lambdas/wire/protocol-name.ts';
import type { WireProtocol } from '../../lambdas/wire/protocol.ts';
import { createTranslation } from '../../lambdas/wire/translation/translation.ts';
import type { UpstreamProtocol } from '../contract/cases.ts';
import { responseFixture, streamFixture } from '../contract/fixtures.ts';

/**
 * What a vendor is sent when one and the same OpenAI client asks for it, and how its answers are read: `exchange.json` of the
 * vendor's folder, described in fixtures/README.md.
 */
export interface Exchange {
  readonly request: {
    readonly url: string;
    /** All that the vendor gets beside what every vendor gets. */
    readonly headers: Readonly<Record<string, string>>;
    /** Members the body has; others are not looked at. */
    readonly body: Readonly<Record<string, unknown>>;
    /** Members the body must not have. */
    readonly without?: readonly string[];
  };
  /** A protocol whose shared answers the vendor gives, or `own`: `response.json`, `stream.sse`, `error.json` beside this file. */
  readonly answers: UpstreamProtocol | 'own';
  /** What is to be read of answers of its own. */
  readonly expected?: Expected;
}

interface Expected {
  readonly text: string;
  readonly finishReason: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface ErrorFixture {
  readonly status: number;
  readonly body: unknown;
  readonly code: string;
}

const sharedAnswer = { text: 'The Norway spruce 🌲 grows in Oslo.', finishReason: 'stop' };
const key = 'KEY';
const model = 'MODEL';

/** What is wrong between a provider's row and its fixture folder, in words; empty where they agree. */
export function exchangeFaults(provider: Provider, fixtures: string): string[] {
  const folder = join(fixtures, provider.name);
  const file = join(folder, 'exchange.json');
  if (!existsSync(file)) return [`${provider.name} has no fixture folder: ${file} is missing`];
  const exchange = JSON.parse(readFileSync(file, 'utf8')) as Exchange;
  if (exchange.answers === 'own') {
    const missing = ['response.json', 'stream.sse', 'error.json'].filter((name) => !existsSync(join(folder, name)));
    if (missing.length > 0) return missing.map((name) => `${provider.name} has answers of its own, but no ${name}`);
  }
  const client = Object.keys(provider.paths).some((name) => protocolKind(name as ProtocolName) === 'chat')
    ? openaiChat
    : openaiEmbeddings;
  const built = send(provider, client, true);
  const faults = requestFaults(built, exchange.request);
  if (client === openaiEmbeddings) return faults;
  const whole = send(provider, client, false);
  return [
    ...faults,
    ...answerFaults(exchange, folder, { stream: built.form, whole: whole.form }),
    ...errorFaults(provider, exchange, folder),
  ];
}

/** The request of one OpenAI client, as this vendor gets it. */
function send(provider: Provider, protocol: WireProtocol, stream: boolean): BuiltRequest {
  const chat = { messages: [{ role: 'user', content: 'Name a tree.' }], stream };
  const fields = { model, ...(protocol === openaiChat ? chat : { input: 'A tree.' }) };
  const body = parseJsonBody(Buffer.from(JSON.stringify(fields)));
  const facts = protocol.readRequest(body, { path: '/', query: new URLSearchParams() });
  const spoken = (Object.keys(provider.paths) as ProtocolName[]).filter(
    (name) => protocolKind(name) === protocolKind(protocol.name),
  );
  const target = spoken.includes(protocol.name) ? protocol.name : (spoken[0] ?? protocol.name);
  const context = { requestId: 'req_1', createdAt: 0, includeUsage: true };
  const translation =
    target === protocol.name
      ? undefined
      : createTranslation({ client: protocol.name, fields, stream, dropUnsupported: false, context });
  return buildUpstreamRequest(
    {
      protocol,
      facts,
      body,
      headers: {
        authorization: 'Bearer gh_of_the_caller',
        'anthropic-beta': 'x',
        'x-stainless-os': 'Linux',
        cookie: 'a=b',
      },
      maxOutputTokens: 64,
      via: '1.1 gatehouse',
      translation,
      region: 'eu-west-1',
    },
    {
      provider,
      model,
      protocol: target,
      price: { inputPerMillion: 0, outputPerMillion: 0 },
      credential: undefined,
      contextTokens: undefined,
      maxOutputTokens: undefined,
      timeouts: {},
      retries: 0,
    },
    accessTo(provider),
  );
}

function accessTo({ auth }: Provider): ProviderAccess | undefined {
  return auth.kind === 'none' ? undefined : { kind: 'api-key', secret: new Secret(key) };
}

const everyRequest = ['content-type', 'accept', 'accept-encoding', 'user-agent', 'via'];

function requestFaults({ url, headers, body }: BuiltRequest, expected: Exchange['request']): string[] {
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !everyRequest.includes(name)));
  const sent = JSON.parse(body.toString()) as Record<string, unknown>;
  return [
    ...(url.href === expected.url ? [] : [`is called at ${url.href}, not at ${expected.url}`]),
    ...differences('header', own, expected.headers),
    ...Object.keys(own)
      .filter((name) => !Object.hasOwn(expected.headers, name))
      .map((name) => `gets the header ${name}`),
    ...differences('member', sent, expected.body),
    ...(expected.without ?? []).filter((name) => Object.hasOwn(sent, name)).map((name) => `gets the member ${name}`),
  ];
}

function differences(
  what: string,
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(expected)
    .filter(([name, value]) => !isDeepStrictEqual(actual[name], value))
    .map(([name, value]) => `gets ${what} ${name} as ${JSON.stringify(actual[name])}, not as ${JSON.stringify(value)}`);
}

function answerFaults(exchange: Exchange, folder: string, forms: { stream: AnswerForm; whole: AnswerForm }): string[] {
  const { answers, expected } = exchange;
  const own = answers === 'own';
  const wanted = own ? expected : sharedAnswer;
  const response: unknown = own
    ? JSON.parse(readFileSync(join(folder, 'response.json'), 'utf8'))
    : responseFixture(answers, 'text');
  const stream = own ? readFileSync(join(folder, 'stream.sse')) : streamFixture(answers, 'text');
  return [
    ...compare('answer', readWhole(forms.whole, response), wanted),
    // Whole, and one byte at a time: the same for the client.
    ...compare('stream', readStream(forms.stream, [stream]), wanted),
    ...compare(
      'stream in bytes',
      readStream(
        forms.stream,
        Array.from(stream, (byte) => Buffer.from([byte])),
      ),
      wanted,
    ),
  ];
}

function compare(what: string, actual: Partial<Expected>, expected: Partial<Expected> | undefined): string[] {
  const faults = differences(what, actual, expected ?? {});
  return [
    ...faults.map((fault) => `is read wrongly: ${fault}`),
    ...(actual.inputTokens === undefined ? [`tells no usage in its ${what}`] : []),
  ];
}

function readWhole(form: AnswerForm, value: unknown): Partial<Expected> {
  const read = form.readWhole(value, Buffer.from(JSON.stringify(value)), {});
  if (read === undefined) return {};
  const { choices } = JSON.parse(read.body.toString()) as { choices: { message: { content: string } }[] };
  return { text: choices[0]?.message.content ?? '', ...told(read.facts) };
}

function readStream(form: AnswerForm, chunks: readonly Buffer[]): Partial<Expected> {
  const reader = form.createReader();
  const bytes = chunks.map((chunk) => reader.push(chunk));
  bytes.push(reader.finish());
  const deltas = Buffer.concat(bytes)
    .toString()
    .matchAll(/^data: (\{.*\})$/gm);
  const text = Array.from(deltas, ([, data = '']) => {
    const { choices } = JSON.parse(data) as { choices?: { delta?: { content?: string | null } }[] };
    return choices?.[0]?.delta?.content ?? '';
  });
  return reader.ending()?.kind === 'end' ? { text: text.join(''), ...told(reader.facts()) } : {};
}

function told({ usage, finishReason }: ReturnType<ReturnType<AnswerForm['createReader']>['facts']>): Partial<Expected> {
  return {
    ...(finishReason !== undefined && { finishReason }),
    ...(usage !== undefined && {
      inputTokens: usage.inputTokens + usage.cacheReadInputTokens,
      outputTokens: usage.outputTokens,
    }),
  };
}

function errorFaults(provider: Provider, { answers }: Exchange, folder: string): string[] {
  if (answers !== 'own') return [];
  const { status, body, code } = JSON.parse(readFileSync(join(folder, 'error.json'), 'utf8')) as ErrorFixture;
  const error = refusedByProvider(provider, { status, body, retryAfterSeconds: undefined });
  return error.code === code ? [] : [`refuses with ${error.code}, not with ${code}`];
}
