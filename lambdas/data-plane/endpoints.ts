import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { anthropicMessages } from '../wire/anthropic-messages.ts';
import type { furtherProtocols } from '../wire/further-protocols.ts';
import { openaiChat } from '../wire/openai-chat.ts';
import { openaiEmbeddings } from '../wire/openai-embeddings.ts';
import type { Dialect, WireProtocol } from '../wire/protocol.ts';
import type { Dependencies } from './dependencies.ts';
import { serveGeneration } from './generation.ts';
import { serveHealth } from './health.ts';
import { serveInference } from './inference.ts';
import { serveKey } from './key.ts';
import { serveModels } from './models.ts';

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** Names the endpoint in keys and records. `{model}` stands for a model's name, slashes included. */
  readonly path: string;
  /** Absent where it depends on the request (`handle.ts`). */
  readonly dialect?: Dialect;
  readonly serve: (request: GatewayRequest, deps: Dependencies) => Promise<GatewayResponse>;
}

/** Every endpoint of the data plane. */
export const endpoints: readonly Endpoint[] = [
  inference('/v1/chat/completions', openaiChat),
  inference('/v1/embeddings', openaiEmbeddings),
  inference('/v1/messages', anthropicMessages),
  further('/v1/responses', 'openai-responses', 'openai-responses'),
  further('/v1/responses/input_tokens', 'openai-count-tokens', 'openai'),
  further('/v1/messages/count_tokens', 'anthropic-count-tokens', 'anthropic'),
  further('/v1beta/models/{model}:generateContent', 'gemini', 'gemini'),
  further('/v1beta/models/{model}:streamGenerateContent', 'gemini', 'gemini'),
  further('/v1beta/models/{model}:countTokens', 'gemini-count-tokens', 'gemini'),
  further('/v1beta/models/{model}:embedContent', 'gemini-embed-content', 'gemini'),
  further('/v1beta/models/{model}:batchEmbedContents', 'gemini-embeddings', 'gemini'),
  further('/v1/images/generations', 'openai-images', 'openai'),
  further('/v1/audio/speech', 'openai-speech', 'openai'),
  further('/v1/audio/transcriptions', 'openai-transcriptions', 'openai'),
  further('/v1/moderations', 'openai-moderations', 'openai'),
  further('/v1/rerank', 'rerank', 'openai'),
  ...['/v1/models', '/v1beta/models'].flatMap((path): Endpoint[] => [
    { method: 'GET', path, serve: serveModels },
    { method: 'GET', path: `${path}/{model}`, serve: serveModels },
  ]),
  { method: 'GET', path: '/v1/key', serve: serveKey, dialect: 'openai' },
  { method: 'GET', path: '/v1/generation', serve: serveGeneration, dialect: 'openai' },
  { method: 'GET', path: '/healthz', serve: serveHealth, dialect: 'openai' },
];

function inference(path: string, protocol: WireProtocol): Endpoint {
  const serve: Endpoint['serve'] = (request, deps) => serveInference(protocol, request, deps);
  return { method: 'POST', path, dialect: protocol.dialect, serve };
}

/** In a protocol whose code is loaded by the first request that comes in it (docs/decisions/0029). */
function further(path: string, name: keyof typeof furtherProtocols, dialect: Dialect): Endpoint {
  return {
    method: 'POST',
    path,
    dialect,
    async serve(request, deps) {
      const { furtherProtocols: protocols } = await import('../wire/further-protocols.ts');
      return serveInference(protocols[name], request, deps);
    },
  };
}

const byPath = new Map<string, readonly Endpoint[]>();
for (const endpoint of endpoints) byPath.set(endpoint.path, [...(byPath.get(endpoint.path) ?? []), endpoint]);

/** The endpoints behind a path, one for each of its methods; none for an unknown path. */
export function endpointsAt(path: string): readonly Endpoint[] {
  return byPath.get(path) ?? byPath.get(withMethod(path)) ?? byPath.get(withoutModel(path)) ?? [];
}

/**
 * Gemini has the model in its path, below either version of the API. Vercel's client writes no `models/` before a name with a
 * slash, which ours with a provider's name have.
 */
function withMethod(path: string): string {
  return path.replace(/^\/v1(?:beta)?\/(?:models\/)?.+:(\w+)$/, '/v1beta/models/{model}:$1');
}

function withoutModel(path: string): string {
  return path.replace(/^(\/v1(?:beta)?\/models\/).+$/, '$1{model}');
}
