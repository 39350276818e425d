import { CallerError, GatewayError } from '../http/gateway-error.ts';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { freePrice } from '../metering/price.ts';
import { callWithFallback, type CallJournal } from '../routing/call-with-fallback.ts';
import { resolveTargets } from '../routing/resolve-targets.ts';
import type { Target } from '../routing/target.ts';
import { type JsonBody, parseJsonBody } from '../wire/json-body.ts';
import type { RequestFacts, WireProtocol } from '../wire/protocol.ts';
import { isWireError } from '../wire/wire-error.ts';
import { admit, type Admission } from './admit.ts';
import { answerStreamed, answerWhole } from './answer.ts';
import { authenticate, type Caller, type CallerReading } from './authenticate.ts';
import { authorize, isModelAllowed } from './authorize.ts';
import type { Dependencies } from './dependencies.ts';
import { noMeters } from './meter-claims.ts';
import type { Passage } from './settle.ts';
import { findTakers, type Takers } from './translate.ts';
import { viaChain } from './via.ts';

/**
 * The way of a model request, top to bottom: parse, authenticate, authorize, route, admit, call, answer, settle. One function for
 * every endpoint and protocol; what differs between them is in `wire/`.
 *
 * @throws GatewayError, which the edge renders in the protocol's own envelope.
 */
export async function serveInference(
  protocol: WireProtocol,
  request: GatewayRequest,
  deps: Dependencies,
): Promise<GatewayResponse> {
  const via = viaChain(request);
  const { body, facts } = await parse(protocol, request);
  const { caller, takers, admission } = await enter(protocol, { request, body, facts }, deps);
  const { targets } = takers;

  const journal: CallJournal = { attempts: 0, waitedMs: 0, target: targets[0], calls: [] };
  const passage: Passage = {
    request,
    caller,
    facts,
    admission,
    journal,
    firstByteMs: undefined,
    overheadMs: undefined,
  };
  const answering = callWithFallback(
    {
      protocol,
      facts,
      body: takers.body,
      headers: request.headers,
      maxOutputTokens: admission.maxOutputTokens,
      via,
      translation: takers.translation,
      region: deps.region,
    },
    targets,
    {
      workspace: caller.key.policy.workspace,
      upstream: deps.upstream,
      access: deps.access,
      signal: request.signal,
      deadline: request.deadline,
      journal,
    },
  );
  const answer = { answering, passage, protocol };
  return facts.stream ? answerStreamed(answer, deps) : answerWhole(answer, deps);
}

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

async function parse(
  protocol: WireProtocol,
  request: GatewayRequest,
): Promise<{ body: JsonBody; facts: RequestFacts }> {
  const type = request.headers['content-type'] ?? '';
  const form = protocol.requestForm;
  if (!(form === undefined ? json.test(type) : type.toLowerCase().startsWith(form.mediaType))) {
    const wanted = form?.mediaType ?? 'application/json';
    throw new CallerError('unsupported_media_type', 400, `Send the request as "content-type: ${wanted}".`);
  }
  const bytes = await request.readBody();
  try {
    const body = form === undefined ? parseJsonBody(bytes) : form.parse(bytes, type);
    return { body, facts: protocol.readRequest(body, request) };
  } catch (error) {
    throw toCallerError(error);
  }
}

function toCallerError(error: unknown): unknown {
  if (!isWireError(error)) return error;
  return new CallerError(error.code, 400, error.message, error.param === undefined ? {} : { param: error.param });
}

interface Entered {
  readonly caller: Caller;
  readonly takers: Takers;
  readonly admission: Admission;
}

/** Policies change while requests run: twice is a coincidence, more often somebody is changing them in a loop. */
const maxPolicyReads = 4;

/**
 * Everything that depends on policy. When the meters say that a cached policy is out of date, all of it is decided again on the
 * new one: that is what makes a revocation effective on the very next request without a read per request.
 */
async function enter(
  protocol: WireProtocol,
  { request, body, facts }: { request: GatewayRequest; body: JsonBody; facts: RequestFacts },
  deps: Dependencies,
): Promise<Entered> {
  let reading: CallerReading = { key: 'cached', workspace: 'cached' };
  let creatable = noMeters;
  for (let reads = 0; reads < maxPolicyReads; reads += 1) {
    const caller = await authenticate(request, deps, reading);
    authorize(caller, request, deps.region);
    const routed = await route(protocol, facts, caller, deps);
    const takers = await findTakers(protocol, { request, body, facts }, routed).catch((error) => {
      throw toCallerError(error);
    });
    const admission = await admit({ caller, facts, body, takers, dialect: protocol.dialect, creatable }, deps);
    if (admission.kind === 'admitted') return { caller, takers, admission };
    reading = admission.reading;
    // What was seen to be absent once stays creatable: every later reading is later still.
    creatable = {
      key: creatable.key || admission.creatable.key,
      workspace: creatable.workspace || admission.creatable.workspace,
    };
  }
  throw new GatewayError('store_unavailable', 503, 'The policy of this API key is being changed. Try again.', {
    retryAfterSeconds: 1,
  });
}

async function route(
  protocol: WireProtocol,
  facts: RequestFacts,
  caller: Caller,
  deps: Dependencies,
): Promise<readonly Target[]> {
  const names = [facts.model, ...facts.fallbackModels];
  const resolve = async (reading: 'cached' | 'fresh'): Promise<readonly Target[]> =>
    resolveTargets(names, protocol.name, {
      workspace: caller.workspace.policy,
      catalog: await deps.policies.catalog(reading),
      isAllowed: (known) => isModelAllowed(caller.key.policy.models, known),
      random: Math.random,
    });
  try {
    return assertPriced(await resolve('cached'), facts);
  } catch (error) {
    // A provider declared a moment ago is worth one more look; any other refusal stands.
    if (error instanceof GatewayError && isAboutCatalog(error)) return assertPriced(await resolve('fresh'), facts);
    throw error;
  }
}

/**
 * A faster tier costs a multiple of what would be held and charged, and a model that is charged by the second or the search has no
 * price where nobody counts those; better refused than undercounted.
 */
function assertPriced(targets: readonly Target[], { unpricedOption, atMost }: RequestFacts): readonly Target[] {
  if (atMost === undefined && targets.some(({ price }) => price.perMillionUnits !== undefined)) {
    const message = 'This model is charged by a unit that this endpoint does not count.';
    throw new CallerError('model_not_priced', 400, message, { param: 'model' });
  }
  if (unpricedOption === undefined || targets.every(({ price }) => price === freePrice)) return targets;
  const message = `"${unpricedOption}" selects a rate that has no price here. Leave it out, or use its default.`;
  throw new CallerError('model_not_priced', 400, message, { param: unpricedOption });
}

function isAboutCatalog(error: GatewayError): boolean {
  return ['model_not_found', 'model_not_priced', 'provider_credential_missing', 'zero_retention_unavailable'].includes(
    error.code,
  );
}
