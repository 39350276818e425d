import { forwardedHeadersFor } from '../providers/forwarded-headers.ts';
import type { Provider } from '../providers/provider.ts';
import type { JsonBody } from '../wire/json-body.ts';
import type { RequestFacts, WireProtocol } from '../wire/protocol.ts';
import type { Translation, TranslationTarget } from '../wire/translation/translation.ts';
import { type AnswerForm, passThroughForm, translatedForm } from './answer-form.ts';
import { authenticateRequest } from './provider-access/authenticate-request.ts';
import type { ProviderAccess } from './provider-access/provider-access.ts';
import { isPassedThrough, type Target } from './target.ts';
import type { UpstreamRequest } from './upstream.ts';

/** The caller's request as far as any target needs it. */
export interface OutgoingRequest {
  readonly protocol: WireProtocol;
  readonly facts: RequestFacts;
  readonly body: JsonBody;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The cap on output tokens per choice that admission reserved for; `undefined` leaves the caller's own. */
  readonly maxOutputTokens: number | undefined;
  /** The `via` chain of the request that came in, ours added. */
  readonly via: string;
  /** There where a target speaks another protocol than the caller. */
  readonly translation?: Translation | undefined;
  /** Stands for `{region}` in a provider's base URL. */
  readonly region: string;
}

/** What goes to the provider, and how its answer is to be read. */
export interface BuiltRequest extends Pick<UpstreamRequest, 'url' | 'headers' | 'body'> {
  readonly form: AnswerForm;
  /** JSON paths of the caller's options that this target does not get, because the caller asked for dropping. */
  readonly dropped: readonly string[];
}

/**
 * The caller's bytes with model, cap and usage option changed, or what they say in the provider's protocol; our credential; and
 * of the caller's headers only those the provider's row lets through.
 */
export function buildUpstreamRequest(
  request: OutgoingRequest,
  target: Target,
  access: ProviderAccess | undefined,
): BuiltRequest {
  const { provider } = target;
  const { body, form, dropped } = say(request, target);
  const headers: Record<string, string> = {
    ...provider.headers,
    'content-type': request.body.contentType ?? 'application/json',
    accept: acceptedBy(request.facts, form),
    // A compressed stream would have to be unpacked to be read, and arrives in larger pieces.
    'accept-encoding': 'identity',
    'user-agent': 'gatehouse',
    via: request.via,
    ...forwardedHeadersFor(provider, request.headers),
    // A translation reads one version of the vendor's protocol, whatever another client pins.
    ...(!isPassedThrough(target, request.protocol) && provider.headers),
  };
  const built = { url: upstreamUrl(target, request), headers, body, form, dropped };
  if (access !== undefined) authenticateRequest(built, provider, access);
  return built;
}

function acceptedBy({ stream, streamForm }: RequestFacts, form: AnswerForm): string {
  if (streamForm === 'bytes') return '*/*';
  return stream ? form.streamContentType : 'application/json';
}

function say(request: OutgoingRequest, target: Target): Pick<BuiltRequest, 'body' | 'form' | 'dropped'> {
  const { protocol, facts, translation } = request;
  const { provider } = target;
  const cap = capFor(request, target);
  if (isPassedThrough(target, protocol)) {
    const body = protocol.buildRequest(request.body, facts, {
      model: target.model,
      maxOutputTokens: cap,
      maxTokensField: provider.maxTokensField ?? 'max_tokens',
      requestStreamUsage: provider.acceptsStreamOptions !== false,
    });
    return { body, form: passThroughForm(protocol, facts), dropped: [] };
  }
  if (translation === undefined) throw new TypeError('this target needs a translation');
  const wanted = translationTarget(target, cap ?? facts.maxOutputTokens);
  const { value, dropped } = translation.encode(wanted);
  return { body: Buffer.from(JSON.stringify(value)), form: translatedForm(translation.answer(wanted)), dropped };
}

/** What a translated body depends on. A cap above what the model can give would be refused, so it is sent that. */
export function translationTarget(target: Target, maxOutputTokens: number | undefined): TranslationTarget {
  const { provider, capabilities } = target;
  return {
    protocol: target.protocol,
    displayName: provider.displayName,
    model: target.model,
    maxOutputTokens: atMost(maxOutputTokens, target.maxOutputTokens),
    modelMaxOutputTokens: target.maxOutputTokens,
    maxTokensField: provider.maxTokensField ?? 'max_tokens',
    acceptsStreamOptions: provider.acceptsStreamOptions !== false,
    ...provider.chatQuirks,
    ...(capabilities !== undefined && { capabilities }),
  };
}

function upstreamUrl({ provider, protocol, model }: Target, { facts, region }: OutgoingRequest): URL {
  const paths = provider.paths[protocol] ?? '';
  const path = typeof paths === 'string' ? paths : facts.stream ? paths.streamed : paths.whole;
  return new URL(baseUrl(provider, region) + path.replace('{model}', () => encodePathSegment(model)));
}

function baseUrl(provider: Provider, region: string): string {
  return provider.baseUrl.replace('{region}', region);
}

/** A model's name is one segment whatever it holds; one of dots alone would lead to another path, and is nobody's name. */
function encodePathSegment(model: string): string {
  return /^\.+$/.test(model) ? '' : encodeURIComponent(model.toWellFormed());
}

function capFor(request: OutgoingRequest, target: Target): number | undefined {
  return atMost(request.maxOutputTokens, target.maxOutputTokens);
}

function atMost(cap: number | undefined, most = Infinity): number | undefined {
  return cap === undefined ? undefined : Math.min(cap, most);
}
