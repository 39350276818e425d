import { GatewayError } from '../http/gateway-error.ts';
import type { GatewayResponse, StreamedBody } from '../http/gateway-request.ts';
import type { ProviderAnswer } from '../routing/call-with-fallback.ts';
import type { ProviderStream, StreamPiece } from '../routing/provider-stream.ts';
import type { Ending } from '../store/request-record.ts';
import { describeFault } from '../telemetry/logger.ts';
import type { WireProtocol } from '../wire/protocol.ts';
import type { Dependencies } from './dependencies.ts';
import { type Outcome, type Passage, settle } from './settle.ts';
import { createStreamForm, type StreamForm } from './stream-form.ts';

/** An admitted request whose provider call is under way. */
export interface Answering {
  readonly answering: Promise<ProviderAnswer>;
  readonly passage: Passage;
  readonly protocol: WireProtocol;
}

/** A failure whose request is settled and logged: all that is left is to answer it. */
export class SettledFailure extends Error {
  override readonly name = 'SettledFailure';
  readonly failure: unknown;
  /** What is to be said of the attempts beside the error itself. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(failure: unknown, headers: Readonly<Record<string, string>>) {
    super('the request failed after its admission', { cause: failure });
    this.failure = failure;
    this.headers = headers;
  }
}

/** Idle proxies cut a silent stream at 60 s or sooner: the first comment comes after 5 s, then one every 15 s. */
const firstCommentMs = 5_000;
const commentMs = 15_000;

/**
 * The answer in one piece, settled before its first byte goes out, so that its cost is in its headers.
 *
 * @throws SettledFailure
 */
export async function answerWhole(
  { answering, passage, protocol }: Answering,
  deps: Dependencies,
): Promise<GatewayResponse> {
  let answer: ProviderAnswer;
  try {
    answer = await answering;
  } catch (error) {
    await settle(passage, failureOutcome(error, passage), deps);
    throw new SettledFailure(error, answerHeaders(passage, protocol));
  }
  markFirstByte(passage, deps);
  if (answer.kind !== 'whole') throw new TypeError('a whole answer was asked for');
  const { facts, body, contentType = 'application/json' } = answer;
  const settled = await settle(
    passage,
    { ending: 'completed', status: 200, answer: { ...facts, contentEvents: 0, bytes: body.length } },
    deps,
  );
  return {
    status: 200,
    headers: {
      ...answerHeaders(passage, protocol),
      'content-type': contentType,
      'x-gatehouse-cost-micro-usd': String(settled.costMicroUsd),
    },
    body,
  };
}

/**
 * The answer as a stream. Its status is held back until the provider's first event is there, so that a failure can still be a
 * status and a fallback goes unseen; but for no longer than five seconds.
 *
 * @throws SettledFailure where the provider failed before that.
 */
export async function answerStreamed(answer: Answering, deps: Dependencies): Promise<GatewayResponse> {
  const { answering, passage, protocol } = answer;
  const form = createStreamForm(protocol.dialect, passage.facts, passage.request.id);
  let { contentType } = form;
  let answered = true;
  try {
    // Where the answer has its own content type, and no comment can be sent before it, its headers are waited for.
    if (contentType === undefined) contentType = contentTypeOf(await answering);
    else answered = await settledWithin(answering, firstCommentMs);
  } catch (error) {
    await settle(passage, failureOutcome(error, passage), deps);
    throw new SettledFailure(error, answerHeaders(passage, protocol));
  }
  passage.overheadMs = deps.now() - passage.request.receivedAt - passage.journal.waitedMs;
  return {
    status: 200,
    headers: {
      ...answerHeaders(passage, protocol),
      'content-type': contentType,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
    body: streamBody(answer, { form, answered }, deps),
  };
}

function contentTypeOf({ contentType }: ProviderAnswer): string {
  return contentType ?? 'application/octet-stream';
}

async function* streamBody(
  { answering, passage }: Answering,
  { form, answered }: { form: StreamForm; answered: boolean },
  deps: Dependencies,
): StreamedBody {
  let open: ProviderStream | undefined;
  let outcome: Outcome | undefined;
  /** Every way out of the loop below settles exactly once. */
  const end = async (ending: Ending, error?: GatewayError): Promise<void> => {
    outcome = {
      ending,
      status: 200,
      ...(error !== undefined && { error }),
      ...(open !== undefined && { answer: seen(open) }),
    };
    await settle(passage, outcome, deps);
  };
  try {
    // The headers go out with it: nothing else may come for minutes.
    if (!answered) yield form.keepAlive();
    while (!(await settledWithin(answering, commentMs))) yield form.keepAlive();
    const answer = await answering;
    if (answer.kind !== 'stream') throw new TypeError('a stream was asked for');
    open = answer.stream;
    for (;;) {
      const piece = await open.next(commentMs);
      if (piece.kind === 'silence') {
        yield form.keepAlive();
        continue;
      }
      markFirstByte(passage, deps);
      if (piece.kind === 'events') {
        yield form.events(piece.bytes);
        continue;
      }
      // The record exists before the caller can know that the answer is complete.
      await (piece.kind === 'end' ? end('completed') : end(...brokenOff(piece, passage)));
      const last = piece.kind === 'end' ? form.end(piece.bytes) : form.error(piece.error);
      if (last.length > 0) yield last;
      return;
    }
  } catch (error) {
    if (outcome === undefined) {
      const failure = failureOutcome(error, passage);
      await end(failure.ending, failure.error);
    }
    if (!(error instanceof GatewayError))
      deps.logger.fault(describeFault('unexpected-error', error, passage.request.id));
    yield form.error(asGatewayError(error));
  } finally {
    // Neither ended nor failed: whoever was reading has stopped.
    if (outcome === undefined) await end('caller-gone');
    open?.close();
  }
}

function brokenOff(piece: Extract<StreamPiece, { kind: 'failed' }>, passage: Passage): [Ending, GatewayError?] {
  // Our own abort made the provider's stream break off: no fault of the provider's.
  if (passage.request.signal.aborted) return ['caller-gone'];
  return [piece.error.code === 'provider_timeout' ? 'timed-out' : 'provider-failed-midstream', piece.error];
}

/**
 * The caller left before anything of the answer was there. Once a provider had the request it may bill its input, so the caller is
 * charged for that much: leaving early must not be a way to spend somebody else's money.
 */
function callerGone({ journal }: Passage): Outcome {
  const outcome = { ending: 'caller-gone', status: 499 } as const;
  if (journal.attempts === 0) return outcome;
  return { ...outcome, answer: { usage: undefined, finishReason: undefined, contentEvents: 0, bytes: 0 } };
}

/** Before anything of the answer was there. */
function failureOutcome(error: unknown, passage: Passage): Outcome {
  if (passage.request.signal.aborted) return callerGone(passage);
  if (!(error instanceof GatewayError)) return { ending: 'gateway-failed', status: 500 };
  return { ending: failureEnding(error), status: error.status, error };
}

function failureEnding(error: GatewayError): Ending {
  if (error.owner !== 'provider') return 'gateway-failed';
  if (error.code === 'provider_timeout') return 'timed-out';
  return error.code === 'provider_rejected_request' ? 'provider-refused' : 'provider-failed';
}

function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError
    ? error
    : new GatewayError('internal_error', 500, 'Gatehouse failed to pass on the rest of this answer.');
}

function seen(stream: ProviderStream): NonNullable<Outcome['answer']> {
  const { reader } = stream;
  return { ...reader.facts(), contentEvents: reader.contentEvents(), bytes: reader.contentBytes() };
}

function markFirstByte(passage: Passage, deps: Dependencies): void {
  if (passage.firstByteMs !== undefined) return;
  passage.firstByteMs = deps.now() - passage.request.receivedAt;
  passage.overheadMs ??= passage.firstByteMs - passage.journal.waitedMs;
}

function answerHeaders({ admission, journal, overheadMs }: Passage, protocol: WireProtocol): Record<string, string> {
  return {
    ...admission.headers,
    'x-gatehouse-provider': journal.target?.provider.name ?? 'none',
    // An operator may call a model what no header can carry.
    'x-gatehouse-model': encodeURI(journal.target?.model.toWellFormed() ?? 'none'),
    'x-gatehouse-attempts': String(journal.attempts),
    ...translationHeaders(journal, protocol),
    ...(overheadMs !== undefined && { 'x-gatehouse-overhead-ms': Math.max(0, overheadMs).toFixed(1) }),
  };
}

/** Which protocol was spoken with the provider, where it is not the caller's own, and what had to be left out. */
function translationHeaders(
  { target, dropped = [] }: Passage['journal'],
  spoken: WireProtocol,
): Record<string, string> {
  return {
    ...(target !== undefined &&
      target.protocol !== spoken.name && { 'x-gatehouse-upstream-protocol': target.protocol }),
    ...(dropped.length > 0 && { 'x-gatehouse-dropped': encodeURI(dropped.join(', ').toWellFormed()).slice(0, 1024) }),
  };
}

/** Whether the promise settled in that time. @throws what it rejected with, if it did. */
async function settledWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
