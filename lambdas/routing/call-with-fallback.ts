import type { IncomingMessage } from 'node:http';
import { GatewayError, type ProviderError } from '../http/gateway-error.ts';
import type { UpstreamCall } from '../telemetry/spans.ts';
import type { AnswerForm, WholeAnswer } from './answer-form.ts';
import { buildUpstreamRequest, type OutgoingRequest } from './build-upstream-request.ts';
import { type ProviderAccess, type ProviderAccessReader, sentSecret } from './provider-access/provider-access.ts';
import { brokenOff, failedInside, invalidResponse, refusedByProvider, unreachable } from './provider-error.ts';
import { openProviderStream, type ProviderStream } from './provider-stream.ts';
import type { Target } from './target.ts';
import { resolveTimeouts } from './timeouts.ts';
import { BodyFailure, readWholeBody, UpstreamBody } from './upstream-body.ts';
import { type UpstreamClient, UpstreamFailure } from './upstream.ts';

/** Larger than any answer to one request, images and embeddings included. */
const maxResponseBytes = 64 * 1024 * 1024;
const maxErrorBytes = 256 * 1024;

/** What a provider answered. A stream has been peeked at: its first event is there and is not an error. */
export type ProviderAnswer =
  | {
      readonly kind: 'stream';
      readonly target: Target;
      readonly stream: ProviderStream;
      readonly contentType?: string;
    }
  | ({ readonly kind: 'whole'; readonly target: Target } & WholeAnswer);

/** Filled while the call runs, so that it can be told about a call that failed too. */
export interface CallJournal {
  attempts: number;
  /** Milliseconds spent waiting for providers. */
  waitedMs: number;
  target: Target | undefined;
  /** JSON paths of the caller's options that the target did not get, because the caller asked for dropping. */
  dropped?: readonly string[];
  /** Every request that went to a provider, in order. */
  readonly calls: UpstreamCall[];
}

export interface CallOptions {
  readonly workspace: string;
  readonly upstream: UpstreamClient;
  readonly access: ProviderAccessReader;
  readonly signal: AbortSignal;
  /** Epoch milliseconds by which everything must be over. */
  readonly deadline: number;
  readonly journal: CallJournal;
}

/**
 * The only retry loop: each target in order, each as often as its route says, until one answers. It ends at the first failure
 * that another attempt cannot mend. Nothing has gone to the caller yet, so nobody sees a failed attempt.
 *
 * @throws GatewayError of the last attempt.
 */
export async function callWithFallback(
  request: OutgoingRequest,
  targets: readonly Target[],
  options: CallOptions,
): Promise<ProviderAnswer> {
  const plan = targets.flatMap((target) => Array.from({ length: 1 + target.retries }, () => target));
  let last: unknown;
  for (const [turn, target] of plan.entries()) {
    if (last !== undefined && Date.now() >= options.deadline) break;
    options.journal.attempts += 1;
    options.journal.target = target;
    try {
      return await attempt(request, target, options);
    } catch (error) {
      last = error;
      if (!mayTryAnother(error, options.signal)) throw error;
      if (isAboutCredential(error)) planPreviousCredential(plan, turn);
    }
  }
  throw last;
}

/**
 * While a credential is rotated, the one before may be the one that works: the new secret is not in force at the provider yet, or
 * was mistyped. It is tried next and takes the place of the new one in the retries that are left.
 */
function planPreviousCredential(plan: Target[], turn: number): void {
  const refused = plan[turn];
  if (refused?.credential?.previousVersion === undefined) return;
  const { previousVersion, ...reference } = refused.credential;
  const previous = { ...refused, credential: { ...reference, version: previousVersion } };
  for (let later = turn + 1; later < plan.length; later += 1) if (plan[later] === refused) plan[later] = previous;
  plan.splice(turn + 1, 0, previous);
}

/** A credential that is missing or refused at one target says nothing about the next. */
function mayTryAnother(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || !(error instanceof GatewayError)) return false;
  return error.retryable || isAboutCredential(error) || error.code === 'provider_quota_exceeded';
}

function isAboutCredential(error: unknown): boolean {
  return error instanceof GatewayError && error.code.startsWith('provider_credential');
}

/** A token can be withdrawn before its time: where one is refused that has been used for a while, another is asked for, once. */
async function attempt(request: OutgoingRequest, target: Target, options: CallOptions): Promise<ProviderAnswer> {
  const access = await options.access.open(options.workspace, target);
  try {
    return await send({ request, target, access }, options);
  } catch (error) {
    const withdrawn = access?.kind === 'access-token' && isAboutCredential(error) && !options.signal.aborted;
    if (!withdrawn || !access.giveUp()) throw error;
  }
  options.journal.attempts += 1;
  const renewed = await options.access.open(options.workspace, target);
  return send({ request, target, access: renewed }, options);
}

async function send(current: Omit<Attempt, 'form'>, options: CallOptions): Promise<ProviderAnswer> {
  const { request, target, access } = current;
  const { provider } = target;
  const timeouts = resolveTimeouts(target.timeouts, options.deadline - Date.now());
  const endsAt = Date.now() + timeouts.totalMs;
  const { form, dropped, ...built } = buildUpstreamRequest(request, target, access);
  options.journal.dropped = dropped;
  const sentAt = performance.now();
  const call: UpstreamCall = { provider: provider.name, model: target.model, startedAt: Date.now() };
  options.journal.calls.push(call);
  let body: UpstreamBody | undefined;
  try {
    const response = await options.upstream.post({ ...built, timeouts, signal: options.signal });
    body = new UpstreamBody(response, { idleMs: timeouts.idleMs, endsAt, signal: options.signal });
    return await readAnswer({ ...current, form }, response, body);
  } catch (error) {
    body?.destroy();
    const failure = toFailure(provider, error);
    call.endedAt = Date.now();
    call.errorCode = failure instanceof GatewayError ? failure.code : 'internal_error';
    throw failure;
  } finally {
    options.journal.waitedMs += performance.now() - sentAt;
  }
}

/** What a broken exchange means; anything else stays what it is. */
function toFailure(provider: Target['provider'], error: unknown): unknown {
  if (error instanceof UpstreamFailure) return unreachable(provider, error);
  if (error instanceof BodyFailure) return brokenOff(provider, error);
  if (error instanceof RangeError) return invalidResponse(provider, 'an event is too large');
  return error;
}

/** One request to one target. */
interface Attempt {
  readonly request: OutgoingRequest;
  readonly target: Target;
  readonly access: ProviderAccess | undefined;
  readonly form: AnswerForm;
}

async function readAnswer(current: Attempt, response: IncomingMessage, body: UpstreamBody): Promise<ProviderAnswer> {
  const { request, target, access, form } = current;
  const { provider } = target;
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw await refusal(current, response, body);
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw invalidResponse(provider, 'it is compressed, which was not asked for');
  const type = response.headers['content-type'] ?? '';
  if (request.facts.stream && type.startsWith(form.streamContentType)) {
    const reader = form.createReader();
    const stream = await openProviderStream({ provider, credential: sentSecret(access), body, reader });
    return { kind: 'stream', target, stream, contentType: type };
  }
  const bytes = await readWholeBody(body, maxResponseBytes);
  if (request.facts.stream) throw notAStream(current, bytes);
  return { kind: 'whole', target, ...readWhole(current, response, bytes) };
}

/** Some providers answer 200 with an error as plain JSON where a stream was asked for. */
function notAStream({ target, access }: Attempt, bytes: Buffer): ProviderError {
  const value = parseJson(bytes);
  if (hasError(value)) return failedInside(target.provider, value, sentSecret(access));
  return invalidResponse(target.provider, 'a stream was asked for, and it is none');
}

function readWhole({ form, target, access }: Attempt, { headers }: IncomingMessage, bytes: Buffer): WholeAnswer {
  const value = parseJson(bytes);
  const answer = form.readWhole(value, bytes, headers);
  if (answer !== undefined) return answer;
  if (value === undefined) throw invalidResponse(target.provider, 'it is not JSON');
  if (hasError(value)) throw failedInside(target.provider, value, sentSecret(access));
  throw invalidResponse(target.provider, 'it does not have the shape of its protocol');
}

async function refusal(
  { target, access }: Attempt,
  response: IncomingMessage,
  body: UpstreamBody,
): Promise<ProviderError> {
  const bytes = await readWholeBody(body, maxErrorBytes).catch(() => Buffer.alloc(0));
  const refused = {
    status: response.statusCode ?? 0,
    body: parseJson(bytes),
    retryAfterSeconds: retryAfterSeconds(response.headers),
    errorType: response.headers['x-amzn-errortype']?.toString(),
  };
  return refusedByProvider(target.provider, refused, sentSecret(access));
}

/** `retry-after-ms` (OpenAI), else `retry-after` in seconds or as a date; anything unreadable counts as absent. */
function retryAfterSeconds(headers: IncomingMessage['headers']): number | undefined {
  const milliseconds = Number(headers['retry-after-ms']);
  if (headers['retry-after-ms'] !== undefined && milliseconds >= 0) return milliseconds / 1000;
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function hasError(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'error' in value && value.error !== null;
}
