import { randomBytes } from 'node:crypto';
import type { ClientProtocol } from '../contract/cases.ts';
import type { UpstreamRequest } from '../fixtures/upstream.ts';
import { mediaCanaries } from './canary-media.ts';
import { answerTranslated, translatedRequests } from './canary-translated.ts';
import type { RawRequest } from './raw-http.ts';

/** What must not be found anywhere afterwards. No encoding changes its letters unless it changes every letter. */
export const marker = `Canary${randomBytes(6).toString('hex')}Zq`;
/** Part of the provider's credential: not for callers either. */
export const secretMarker = `Secret${randomBytes(6).toString('hex')}Zq`;
/** The operator's name for a route, so it is in the policy; but a record says where the request went. */
export const routeMarker = `Route${randomBytes(6).toString('hex')}Zq`;

const chat = '/v1/chat/completions';
const messages = '/v1/messages';
const embeddings = '/v1/embeddings';
const json = { 'content-type': 'application/json' };
const sentence = `please keep "${marker}" to yourself`;

/** Headers a caller may send, each with the marker in it. */
const headers: Record<string, string> = {
  'x-marker': marker,
  [`x-${marker}`]: marker,
  'x-request-id': marker,
  'user-agent': `${marker}/1.0`,
  via: `1.1 ${marker}`,
  cookie: `session=${marker}`,
  referer: `https://${marker}.example.com/`,
  traceparent: marker,
  'idempotency-key': marker,
  'anthropic-beta': marker,
  'anthropic-version': marker,
  'openai-organization': marker,
  'x-forwarded-for': marker,
};

const schema = { type: 'object', properties: { [marker]: { enum: [marker] } }, required: [marker] };
const chatBody = {
  model: 'sim/echo',
  messages: [
    { role: 'system', content: sentence },
    { role: 'user', content: [{ type: 'text', text: sentence }], name: marker },
    { role: 'assistant', content: null, tool_calls: [{ id: marker, function: { name: marker, arguments: sentence } }] },
    { role: 'tool', tool_call_id: marker, content: sentence },
    { role: 'user', content: sentence },
  ],
  tools: [{ type: 'function', function: { name: marker, description: sentence, parameters: schema } }],
  user: marker,
  metadata: { [marker]: marker },
  stop: [marker],
  safety_identifier: marker,
  [marker]: marker,
};
const messagesBody = {
  model: 'sim/echo',
  max_tokens: 200,
  system: [{ type: 'text', text: sentence }],
  messages: [
    { role: 'user', content: sentence },
    { role: 'assistant', content: [{ type: 'tool_use', id: marker, name: marker, input: { [marker]: marker } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: marker, content: sentence }] },
  ],
  tools: [{ name: marker, description: sentence, input_schema: schema }],
  metadata: { user_id: marker },
  [marker]: marker,
};
const embeddingsBody = { model: 'sim/embedding', input: [sentence, marker], user: marker, [marker]: marker };

export interface CanaryRequest extends RawRequest {
  /** Which key sends it; `none` where the request's own headers say. */
  readonly key: 'none' | 'local' | 'revoked' | 'poor' | 'minute' | 'narrow';
  /** Is over only when the caller leaves. */
  readonly abandoned?: true;
}

const post = (path: string, body: object | string | Buffer, more: Partial<CanaryRequest> = {}): CanaryRequest => ({
  path: `${path}?${marker}=${marker}`,
  key: 'local',
  ...more,
  headers: { ...headers, ...json, ...more.headers },
  body: typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body,
});

const get = (path: string, more: Partial<CanaryRequest> = {}): CanaryRequest => ({
  method: 'GET',
  path,
  key: 'local',
  ...more,
  headers: { ...headers, ...more.headers },
});

/** What is wrong with a request the same way at every endpoint that takes one. */
function refusals(path: string, body: Readonly<Record<string, unknown>>): CanaryRequest[] {
  const text = JSON.stringify(body);
  return [
    post(path, text.slice(0, -1)),
    post(path, Buffer.concat([Buffer.from(text), Buffer.of(0xff)])),
    post(path, `{"${marker}":1,${text.slice(1)}`),
    post(path, `{"__proto__":"${marker}",${text.slice(1)}`),
    post(path, { ...body, model: marker }),
    post(path, { ...body, model: sentence }),
    post(path, { ...body, model: `nobody/${marker}` }),
    post(path, { ...body, model: `lab/${marker}` }),
    post(path, { ...body, model: `openai/${marker}` }),
    post(path, { ...body, model: { [marker]: marker } }),
    post(path, { ...body, messages: marker, input: { [marker]: marker } }),
    post(path, text, { headers: { 'content-type': `text/${marker}` } }),
    post(path, text, { headers: { 'content-length': String(7 * 1024 * 1024) } }),
    ...(['revoked', 'poor', 'narrow', 'minute', 'minute'] as const).map((key) => post(path, body, { key })),
    ...[
      { authorization: `Bearer ${marker}` },
      { authorization: marker },
      { 'x-api-key': `gh_${marker}_${marker}` },
      { 'api-key': marker },
      {},
    ].map((given) => ({ ...post(path, body, { headers: given }), key: 'none' as const })),
    { ...post(path, body), method: 'PUT' },
  ];
}

/** What the provider of the test's own does with the marker it got, and with the credential it was called with. */
const upstreamModes = [
  'answer',
  'error-400',
  'error-401',
  'error-429',
  'error-500',
  'error-in-200',
  'error-in-stream',
  'html',
  'broken-json',
  'redirect',
  'reset',
] as const;

const throughLab = (path: string, body: object): CanaryRequest[] =>
  upstreamModes.flatMap((mode) =>
    [false, true].map((stream) => post(path, { ...body, model: 'lab/sample', mode, ...(stream && { stream }) })),
  );

/** The simulated provider refuses a member that its vendor does not know. */
const known = (body: object): object => Object.fromEntries(Object.entries(body).filter(([name]) => name !== marker));

const models = ['echo', 'reasoning', 'tool-call', 'failing', 'overloaded', 'failing-midstream'];
const throughSim = (path: string, body: object): CanaryRequest[] =>
  models.flatMap((model) =>
    [false, true].map((stream) => post(path, { ...known(body), model: `sim/${model}`, stream })),
  );

const abandoned = (path: string, body: object): CanaryRequest =>
  post(path, { ...known(body), model: 'sim/echo?words=500&delay=20', stream: true }, { abandoned: true });

const translated = (client: ClientProtocol): CanaryRequest[] =>
  translatedRequests(client, marker).map(({ path, headers: given, body }) => post(path, body, { headers: given }));

const responses = '/v1/responses';
const responsesBody = { model: 'sim/echo', input: chatBody.messages.slice(0, 1), instructions: sentence, user: marker };
const contents = [{ role: 'user', parts: [{ text: sentence }, { inlineData: { mimeType: marker, data: 'AAAA' } }] }];
const gemini = (method: string, body: object = { contents }): CanaryRequest[] =>
  ['sim/echo', marker, `lab%2F${marker}`, `nobody/${marker}:${method}`, `..%2f${marker}`].map((model) =>
    post(`/v1beta/models/${model}:${method}`, body),
  );

/**
 * By `METHOD path` of each endpoint: the marker on every way in. The canary test fails for an endpoint that is missing here.
 *
 * One way is left out: the name of a model at a provider whose operator declared `*`. That name is what is called and paid for,
 * so it is in the record; it is held to 256 printable characters without a space.
 */
export const canaryRequests: Readonly<Record<string, readonly CanaryRequest[]>> = {
  [`POST ${chat}`]: [
    ...throughSim(chat, chatBody),
    ...throughLab(chat, chatBody),
    ...refusals(chat, chatBody),
    post(chat, { ...chatBody, model: 'sim/failing', models: [marker] }),
    post(chat, { ...chatBody, model: routeMarker }),
    abandoned(chat, chatBody),
    ...translated('openai-chat'),
  ],
  [`POST ${messages}`]: [
    ...throughSim(messages, messagesBody),
    ...throughLab(messages, messagesBody),
    ...refusals(messages, messagesBody),
    abandoned(messages, messagesBody),
    ...translated('anthropic-messages'),
  ],
  [`POST ${responses}`]: [
    ...throughSim(responses, responsesBody),
    ...refusals(responses, responsesBody),
    ...translated('openai-responses'),
  ],
  'POST /v1/responses/input_tokens': [post(`${responses}/input_tokens`, responsesBody)],
  'POST /v1/messages/count_tokens': [post(`${messages}/count_tokens`, messagesBody)],
  'POST /v1beta/models/{model}:generateContent': [...gemini('generateContent'), ...translated('gemini')],
  'POST /v1beta/models/{model}:streamGenerateContent': gemini('streamGenerateContent'),
  'POST /v1beta/models/{model}:countTokens': gemini('countTokens'),
  'POST /v1beta/models/{model}:embedContent': gemini('embedContent', { content: contents[0], title: marker }),
  'POST /v1beta/models/{model}:batchEmbedContents': gemini('batchEmbedContents', {
    requests: [{ model: `models/${marker}`, content: contents[0] }],
  }),
  [`POST ${embeddings}`]: [
    post(embeddings, embeddingsBody),
    post(embeddings, { ...embeddingsBody, model: 'sim/failing' }),
    ...throughLab(embeddings, embeddingsBody),
    ...refusals(embeddings, embeddingsBody),
  ],
  'GET /v1/models': [get(`/v1/models?${marker}=${marker}`), get(`/v1/models?${marker}`, { key: 'revoked' })],
  'GET /v1/key': [get(`/v1/key?${marker}=${marker}`), get(`/v1/key?${marker}`, { key: 'revoked' })],
  'GET /v1/generation': [
    get(`/v1/generation?id=${marker}`),
    get(`/v1/generation?id=req_${'0'.repeat(26)}&x=${marker}`),
    get(`/v1/generation?${marker}=1`, { key: 'revoked' }),
  ],
  ...mediaCanaries({ marker, sentence, post, get, refusals, throughLab }),
  'GET /healthz': [get(`/healthz?${marker}=${marker}`)],
};

/** What reaches no endpoint. */
export const strayRequests: readonly CanaryRequest[] = [
  get(`/v1/${marker}`),
  get(`/${marker}?${marker}`),
  get(`/v1/%${Buffer.from(marker).toString('hex').replaceAll(/(..)/g, '%$1').slice(1)}`),
  { ...post(`/v1/${marker}`, marker), method: 'DELETE' },
  get(`http://${marker}.example.com/v1/models`),
  get('/v1/models', { headers: { 'x-large': marker.repeat(1000) } }),
  { key: 'none', method: `X${marker}`, path: `/${marker}` },
];

/** How the upstream answers: the marker in everything it says, and the credential in what a refusal may quote. */
export function misbehave(request: UpstreamRequest, response: import('node:http').ServerResponse) {
  if (answerTranslated(request, response, marker)) return undefined;
  const { body, headers: given, path } = request;
  const { mode, stream } = JSON.parse(String(body)) as { mode: (typeof upstreamModes)[number]; stream?: boolean };
  const error = {
    type: marker,
    code: marker,
    param: marker,
    message: `${sentence} ${given.authorization}`,
    [marker]: marker,
  };
  const reply = (status: number, type: string, text: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'x-marker': marker,
      'x-request-id': marker,
      'retry-after': marker,
    });
    response.end(text);
  };
  const [, status] = /^error-(\d+)$/.exec(mode) ?? [];
  if (status !== undefined) return reply(Number(status), 'application/json', JSON.stringify({ error }));
  switch (mode) {
    case 'error-in-200':
      return reply(200, 'application/json', JSON.stringify({ type: 'error', error }));
    case 'error-in-stream': {
      const refused = { type: 'error', error: { ...error, type: 'invalid_request_error' } };
      return reply(
        200,
        'text/event-stream',
        `${answerEvents(path)[0]}event: error\ndata: ${JSON.stringify(refused)}\n\n`,
      );
    }
    case 'html':
      return reply(200, 'text/html', `<html>${marker} ${given.authorization}</html>`);
    case 'broken-json':
      return reply(200, 'application/json', `{"${marker}":`);
    case 'redirect':
      response.setHeader('location', `https://${marker}.example.com`);
      return reply(302, 'text/plain', marker);
    case 'reset':
      response.writeHead(200, { 'content-type': stream === true ? 'text/event-stream' : 'application/json' });
      response.write(`data: "${marker}`, () => response.socket?.resetAndDestroy());
      return undefined;
    default:
      return stream === true
        ? reply(200, 'text/event-stream', answerEvents(path).join(''))
        : reply(200, 'application/json', JSON.stringify(wholeAnswer));
  }
}

/** An answer in every protocol at once, the marker in each of its members. */
const wholeAnswer = {
  id: marker,
  type: 'message',
  object: marker,
  model: marker,
  data: [{ embedding: [1], [marker]: marker }],
  choices: [{ index: 0, message: { role: marker, content: sentence }, finish_reason: marker }],
  content: [{ type: 'text', text: sentence }],
  stop_reason: marker,
  usage: { prompt_tokens: 1, completion_tokens: marker, input_tokens: 1, output_tokens: 1, service_tier: marker },
};

function answerEvents(path: string): string[] {
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  if (path.endsWith('/messages')) {
    return [
      event('message_start', { message: { ...wholeAnswer, content: [] } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: sentence } }),
      event('message_delta', { delta: { stop_reason: marker }, usage: { output_tokens: 1 } }),
      event('message_stop', {}),
    ];
  }
  const chunk = {
    id: marker,
    model: marker,
    choices: [{ index: 0, delta: { content: sentence }, finish_reason: null }],
  };
  return [
    `: ${marker}\n\n`,
    `data: ${JSON.stringify(chunk)}\n\n`,
    `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: marker }] })}\n\n`,
    `data: ${JSON.stringify({ id: marker, choices: [], usage: wholeAnswer.usage })}\n\n`,
    'data: [DONE]\n\n',
  ];
}
