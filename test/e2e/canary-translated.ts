import type { ServerResponse } from 'node:http';
import { type CaseName, type ClientProtocol, type UpstreamProtocol, upstreamProtocols } from '../contract/cases.ts';
import { eventStreamMessages, messageBytes } from '../contract/event-stream.ts';
import { requestFixture, responseFixture, streamFixture } from '../contract/fixtures.ts';
import type { UpstreamRequest } from '../fixtures/upstream.ts';

/** The canary on its way through a translation: every client's protocol before a provider of every other one. */

/** What the provider does; it is called by the name of the model, which is all of a request that every translation keeps. */
const translatedModes = ['answer', 'error-400', 'error-401', 'error-500', 'error-in-stream', 'broken-json'] as const;

/** Names that fixtures have in texts, arguments, results, names of tools, of their properties and of files. */
const words = /Oslo|Bergen|Norway|spruce|get_weather|get_time|city|evergreen|sunny|[\w-]+(?=\.pdf)/g;
const cases: readonly CaseName[] = [
  'text',
  'tools',
  'document',
  'image',
  'parallel-tools',
  'reasoning',
  'structured-output',
];

/** One provider for each protocol, as a configuration declares them. */
export function translatingProviders(url: string): Record<string, object> {
  return Object.fromEntries(
    upstreamProtocols.map((protocol) => [
      `lab-${protocol}`,
      {
        baseUrl: url,
        protocols: [protocol],
        models: translatedModes.map((id) => ({ id, price: { inputPerMillion: 1, outputPerMillion: 1 } })),
        auth: { kind: 'bearer' },
        credentialEnv: 'LAB_KEY',
      },
    ]),
  );
}

export interface TranslatedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

const paths: Readonly<Record<Exclude<ClientProtocol, 'gemini'>, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};

/** What a client of this protocol sends: each case once, each kind of failure once, refused and with options dropped. */
export function translatedRequests(client: ClientProtocol, marker: string): TranslatedRequest[] {
  return upstreamProtocols.flatMap((upstream) =>
    [false, true].flatMap((stream) => {
      const send = (mode: string, fields: object): TranslatedRequest =>
        addressed({ client, upstream, mode, stream }, fields);
      const marked = (name: CaseName): object => withMarker(requestFixture(client, name), marker);
      return [
        ...cases.map((name) => send('answer', marked(name))),
        ...translatedModes.map((mode) => send(mode, marked('tools'))),
        ...['x', marker].map((value) => send('answer', { ...marked('tools'), [marker]: value })),
      ];
    }),
  );
}

interface Way {
  readonly client: ClientProtocol;
  readonly upstream: UpstreamProtocol;
  readonly mode: string;
  readonly stream: boolean;
}

function addressed({ client, upstream, mode, stream }: Way, fields: object): TranslatedRequest {
  const model = `lab-${upstream}/${mode}`;
  const headers = { 'x-gatehouse-drop-unsupported': String(stream) };
  if (client !== 'gemini') return { path: paths[client], headers, body: { ...fields, model, stream } };
  const method = stream ? 'streamGenerateContent' : 'generateContent';
  return { path: `/v1beta/models/${model}:${method}`, headers, body: fields };
}

function withMarker(document: object, marker: string): object {
  return JSON.parse(JSON.stringify(document).replaceAll(words, marker)) as object;
}

/** Whose call it is, where it came by a path of its own; `undefined` for the other providers' calls. */
function protocolOf({ path, body }: UpstreamRequest): UpstreamProtocol | undefined {
  if (path.startsWith('/model/')) return 'bedrock-converse';
  if (path.includes(':generateContent') || path.includes(':streamGenerateContent')) return 'gemini';
  if (path.startsWith('/v1/messages')) return modeIn(body) === undefined ? undefined : 'anthropic-messages';
  if (path.startsWith('/responses')) return 'openai-responses';
  return path.startsWith('/chat/completions') ? 'openai-chat' : undefined;
}

function modeIn(body: Buffer): string | undefined {
  const { model } = JSON.parse(String(body)) as { model?: string };
  return translatedModes.find((mode) => mode === model);
}

/** Answers a translated request with the marker in all it says. @returns whether it was one */
export function answerTranslated(request: UpstreamRequest, response: ServerResponse, marker: string): boolean {
  const protocol = protocolOf(request);
  if (protocol === undefined) return false;
  const mode = modeIn(request.body) ?? translatedModes.find((name) => request.path.includes(name)) ?? 'answer';
  const headers = { 'x-marker': marker, 'x-request-id': marker };
  const [, status] = /^error-(\d+)$/.exec(mode) ?? [];
  if (status !== undefined) {
    const error = { type: marker, code: marker, status: marker, message: `${marker} ${request.headers.authorization}` };
    response.writeHead(Number(status), { ...headers, 'content-type': 'application/json', 'x-amzn-errortype': marker });
    response.end(JSON.stringify({ error, message: marker }));
    return true;
  }
  const stream = request.path.includes('stream') || /"stream":true/.test(String(request.body));
  const name = mode === 'error-in-stream' ? 'error' : 'tools';
  const bytes = stream
    ? markedStream(protocol, name, marker)
    : Buffer.from(JSON.stringify(withMarker(responseFixture(protocol, name), marker)));
  response.writeHead(200, { ...headers, 'content-type': stream ? streamType(protocol) : 'application/json' });
  response.end(
    mode === 'broken-json' ? Buffer.concat([bytes.subarray(0, bytes.length - 60), Buffer.from(marker)]) : bytes,
  );
  return true;
}

function streamType(protocol: UpstreamProtocol): string {
  return protocol === 'bedrock-converse' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
}

function markedStream(protocol: UpstreamProtocol, name: string, marker: string): Buffer {
  const bytes = streamFixture(protocol, name);
  if (protocol !== 'bedrock-converse') return Buffer.from(bytes.toString('utf8').replaceAll(words, marker));
  return Buffer.concat(
    eventStreamMessages(bytes).map((message) => messageBytes(withMarker(message, marker) as Record<string, unknown>)),
  );
}
