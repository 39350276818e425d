import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { ApiError, GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bodyTooLarge, edgeBody, edgeHeaders } from '../../../lib/edge/edge-answer.ts';
import { gatewayAnswers } from '../../../lib/edge/gateway-answers.ts';
import { proxyAcl, webRequest } from './synthesized-acl.ts';
import { evaluateWebAcl } from './web-acl-evaluator.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const flood = answerOf({ rate: 10_001 }, proxyAcl());
const country = answerOf({ country: 'US' }, proxyAcl({ countries: { allow: ['CH'] } }));
const tooLarge: Answer = { status: 413, headers: json(edgeHeaders(bodyTooLarge)), body: edgeBody(bodyTooLarge) };

/** Each answer of the edge and of API Gateway, with what the three SDKs make of it and whether they try again. */
const answers: readonly [string, Answer, { openai: string; anthropic: string; retried: boolean }][] = [
  ['flood', flood, { openai: 'RateLimitError', anthropic: 'RateLimitError', retried: true }],
  ['country', country, { openai: 'PermissionDeniedError', anthropic: 'PermissionDeniedError', retried: false }],
  ['body too large', tooLarge, { openai: 'APIError', anthropic: 'ContentTooLargeError', retried: false }],
  ['throttle', gateway('THROTTLED', 429), { openai: 'RateLimitError', anthropic: 'RateLimitError', retried: true }],
  [
    'body too large for the gateway',
    gateway('REQUEST_TOO_LARGE', 413),
    { openai: 'APIError', anthropic: 'ContentTooLargeError', retried: false },
  ],
  ['refusal', gateway('DEFAULT_4XX', 400), { openai: 'BadRequestError', anthropic: 'BadRequestError', retried: false }],
  [
    'failure',
    gateway('DEFAULT_5XX', 503),
    { openai: 'InternalServerError', anthropic: 'ServiceUnavailableError', retried: true },
  ],
];

const prompt = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };

describe.each(answers)('the answer to a %s', (_name, answer, expected) => {
  const { message, type, code, status } = (JSON.parse(answer.body) as { error: Record<string, string> }).error;

  it('is an error of the OpenAI client, which tries again as it should', async () => {
    const edge = await startEdge(answer);
    const client = new OpenAI({ apiKey: 'k', baseURL: `${edge.url}/v1`, maxRetries: 1 });

    const error: unknown = await client.chat.completions.create(prompt).catch((cause: unknown) => cause);

    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: answer.status, message: `${answer.status} ${message}`, type, code });
    expect((error as Error).constructor.name).toBe(expected.openai);
    expect(edge.calls()).toBe(expected.retried ? 2 : 1);
    expect(edge.waits()).toEqual(expect.arrayContaining(waitsOf(answer)));
  });

  it('is an error of the Anthropic client, which tries again as it should', async () => {
    const edge = await startEdge(answer);
    const client = new Anthropic({ apiKey: 'k', baseURL: edge.url, maxRetries: 1 });

    const error: unknown = await client.messages.create({ ...prompt, max_tokens: 1 }).catch((cause: unknown) => cause);

    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ status: answer.status, type, apiMessage: message });
    expect((error as Error).constructor.name).toBe(expected.anthropic);
    expect(edge.calls()).toBe(expected.retried ? 2 : 1);
    expect(edge.waits()).toEqual(expect.arrayContaining(waitsOf(answer)));
  });

  it('is an error of the Gemini client, which tries again where it was told to', async () => {
    const edge = await startEdge(answer);
    const retryOptions = { attempts: 2 };
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: edge.url, retryOptions } });

    const error: unknown = await client.models
      .generateContent({ model: 'm', contents: 'hi' })
      .catch((cause: unknown) => cause);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: answer.status });
    // Its message is the whole body.
    expect(JSON.parse((error as ApiError).message)).toMatchObject({ error: { message, status } });
    expect(edge.calls()).toBe(expected.retried ? 2 : 1);
  });
});

/** What they were told to wait; where they were told nothing, they decide. */
function waitsOf({ headers }: Answer): number[] {
  const seconds = headers['retry-after'];
  return seconds === undefined ? [] : [Number(seconds) * 1000];
}

function answerOf(changes: Parameters<typeof webRequest>[0], acl: ReturnType<typeof proxyAcl>): Answer {
  const { response } = evaluateWebAcl(acl, webRequest(changes));
  if (response === undefined) throw new Error('the web ACL has no answer of its own');
  return response;
}

function gateway(type: string, status: number): Answer {
  const answer = gatewayAnswers.find((one) => one.type.responseType === type);
  const literals = Object.entries(answer?.responseHeaders ?? {}).map(([name, value]) => [name, value.slice(1, -1)]);
  return { status, headers: json(Object.fromEntries(literals)), body: answer?.templates?.['application/json'] ?? '' };
}

function json(headers: Readonly<Record<string, string>>): Record<string, string> {
  return { ...headers, 'content-type': 'application/json' };
}

/** An edge that answers everything alike. A client that means to wait before it tries again need not: how long is noted. */
async function startEdge({ status, headers, body }: Answer) {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    vi.unstubAllGlobals();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const waits: number[] = [];
  const { setTimeout } = globalThis;
  vi.stubGlobal('setTimeout', (callback: (...values: unknown[]) => void, delay = 0, ...values: unknown[]) => {
    // What is longer is a client's patience with a whole call.
    const isPause = delay > 100 && delay <= 60_000;
    if (isPause) waits.push(delay);
    return setTimeout(() => callback(...values), isPause ? 0 : delay);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    waits: () => waits,
  };
}
