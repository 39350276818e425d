import { onTestFinished } from 'vitest';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import type { Provider } from '../../../lambdas/providers/provider.ts';
import {
  type CallJournal,
  callWithFallback,
  type CallOptions,
  type ProviderAnswer,
} from '../../../lambdas/routing/call-with-fallback.ts';
import type { CredentialUse } from '../../../lambdas/routing/credentials.ts';
import {
  createProviderAccessReader,
  type ProviderAccessReader,
} from '../../../lambdas/routing/provider-access/provider-access.ts';
import type { ProviderStream, StreamPiece } from '../../../lambdas/routing/provider-stream.ts';
import type { Target } from '../../../lambdas/routing/target.ts';
import { createUpstreamClient, type UpstreamClient, type UpstreamOptions } from '../../../lambdas/routing/upstream.ts';
import type { CredentialReference } from '../../../lambdas/store/policy.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../../lambdas/wire/openai-chat.ts';
import type { WireProtocol } from '../../../lambdas/wire/protocol.ts';
import { type Handler, startUpstream, type Upstream } from '../../fixtures/upstream.ts';

/** An upstream for one test. */
export async function upstreamOf(script: Handler | readonly [Handler, ...Handler[]]): Promise<Upstream> {
  const upstream = await startUpstream(script);
  onTestFinished(() => upstream.close());
  return upstream;
}

export function providerAt(url: string, overrides: Partial<Provider> = {}): Provider {
  return {
    name: 'lab',
    displayName: 'Lab',
    baseUrl: url,
    paths: { 'openai-chat': '/chat/completions', 'anthropic-messages': '/v1/messages' },
    auth: { kind: 'bearer' },
    credentialEnvironment: [],
    documentation: url,
    ...overrides,
  };
}

export function targetAt(url: string, overrides: Partial<Target> = {}): Target {
  return {
    provider: providerAt(url),
    model: 'sample',
    protocol: 'openai-chat',
    price: { inputPerMillion: 0, outputPerMillion: 0 },
    credential: { owner: 'workspace', credential: 'lab', version: 1 },
    contextTokens: undefined,
    maxOutputTokens: undefined,
    timeouts: {},
    retries: 0,
    ...overrides,
  };
}

export interface CallSettings {
  readonly stream?: boolean;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly protocol?: WireProtocol;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
  /** What the vault holds; by default the same secret for every version. */
  readonly secretOf?: (reference: CredentialReference) => Promise<Secret>;
  /** Where more than one secret is to be kept between calls; in place of `secretOf`. */
  readonly access?: ProviderAccessReader;
  /** A client to share between calls. */
  readonly client?: UpstreamClient;
}

/** The real client, closed with the test. */
export function clientOf(options: UpstreamOptions = { allowPrivateAddresses: true }): UpstreamClient {
  const client = createUpstreamClient(options);
  onTestFinished(() => client.close());
  return client;
}

/** A call through the real client; `journal` is filled while it runs. */
export function call(
  targets: readonly Target[],
  settings: CallSettings = {},
): { answer: Promise<ProviderAnswer>; journal: CallJournal } {
  const { stream = false, protocol = openaiChat } = settings;
  const fields = { model: 'sample', messages: [{ role: 'user', content: 'Hi' }], ...(stream && { stream }) };
  const body = parseJsonBody(Buffer.from(JSON.stringify({ ...fields, ...settings.body })));
  const upstream = settings.client ?? clientOf();
  const journal: CallJournal = { attempts: 0, waitedMs: 0, target: undefined, calls: [] };
  const credentials = {
    open: async (_use: CredentialUse, reference: CredentialReference) =>
      (await settings.secretOf?.(reference)) ?? new Secret('sk-upstream'),
  };
  const options: CallOptions = {
    workspace: 'ws',
    upstream,
    access: settings.access ?? createProviderAccessReader({ credentials, upstream, now: Date.now }),
    signal: settings.signal ?? new AbortController().signal,
    deadline: Date.now() + (settings.deadlineMs ?? 60_000),
    journal,
  };
  const facts = protocol.readRequest(body, { path: '/', query: new URLSearchParams() });
  const request = {
    protocol,
    facts,
    body,
    headers: {},
    maxOutputTokens: undefined,
    via: '1.1 gatehouse',
    region: 'eu-west-1',
  };
  const spoken = targets.map((target) => ({ ...target, protocol: protocol.name }));
  return { answer: callWithFallback(request, spoken, options), journal };
}

/** The stream of an answer that must be one. */
export async function streamOf(answer: Promise<ProviderAnswer>): Promise<ProviderStream> {
  const settled = await answer;
  if (settled.kind !== 'stream') throw new Error(`expected a stream, got a ${settled.kind} answer`);
  return settled.stream;
}

export interface Drained {
  /** Everything that would go to the caller. */
  readonly text: string;
  readonly pieces: readonly StreamPiece[];
  readonly last: StreamPiece;
}

/** Reads a stream to its end or failure. Silence would show among the pieces. */
export async function drain(stream: ProviderStream): Promise<Drained> {
  const pieces: StreamPiece[] = [];
  let text = '';
  for (;;) {
    const piece = await stream.next(10_000);
    pieces.push(piece);
    if (piece.kind === 'events' || piece.kind === 'end') text += piece.bytes.toString();
    if (piece.kind === 'end' || piece.kind === 'failed') {
      stream.close();
      return { text, pieces, last: piece };
    }
  }
}
