import { anthropicVersion } from './anthropic.ts';
import type { Provider } from './provider.ts';

/** A vendor that differs from OpenAI only in data. What a row leaves out: a bearer key in `<NAME>_API_KEY`. */
type Row = Omit<Provider, 'auth' | 'credentialEnvironment'> & Partial<Pick<Provider, 'auth' | 'credentialEnvironment'>>;

// Paths below a base URL that ends where the OpenAI SDK's does.
const chat = { 'openai-chat': '/chat/completions' } as const;
const embeddings = { 'openai-embeddings': '/embeddings' } as const;
const responses = { 'openai-responses': '/responses' } as const;
const messages = { 'anthropic-messages': '/messages' } as const;

const cloudVendors: readonly Row[] = [
  {
    name: 'mistral',
    displayName: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    paths: { ...chat, ...embeddings },
    // Refuses unknown members, and sends usage in the last chunk unasked.
    acceptsStreamOptions: false,
    // Nine letters or digits, or the request is refused.
    chatQuirks: { toolCallIds: 'nine-alphanumerics' },
    documentation: 'https://docs.mistral.ai/api/',
  },
  {
    name: 'groq',
    displayName: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    paths: { ...chat, ...responses },
    maxTokensField: 'max_completion_tokens',
    documentation: 'https://console.groq.com/docs/openai',
  },
  {
    name: 'xai',
    displayName: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    paths: { ...chat, ...responses },
    maxTokensField: 'max_completion_tokens',
    documentation: 'https://docs.x.ai/docs/api-reference',
  },
  {
    name: 'deepseek',
    displayName: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    paths: { ...chat, 'anthropic-messages': '/anthropic/v1/messages' },
    // A thinking model refuses the turn after a tool call without the reasoning that led to it.
    chatQuirks: { replaysReasoning: 'reasoning_content' },
    documentation: 'https://api-docs.deepseek.com/guides/thinking_mode',
  },
  {
    name: 'together',
    displayName: 'Together AI',
    baseUrl: 'https://api.together.ai/v1',
    paths: { ...chat, ...embeddings },
    documentation: 'https://docs.together.ai/docs/openai-api-compatibility',
  },
  {
    name: 'fireworks',
    displayName: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    paths: { ...chat, ...responses, ...messages, ...embeddings },
    documentation: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
  },
  {
    name: 'cerebras',
    displayName: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    paths: chat,
    maxTokensField: 'max_completion_tokens',
    documentation: 'https://inference-docs.cerebras.ai/resources/openai',
  },
  {
    // Its chat completions (the Sonar API) ended on 27 September 2026; the Agent API speaks Responses.
    name: 'perplexity',
    displayName: 'Perplexity',
    baseUrl: 'https://api.perplexity.ai/v1',
    paths: responses,
    documentation: 'https://docs.perplexity.ai/docs/agent-api/migrate-from-sonar/overview',
  },
  {
    name: 'openrouter',
    displayName: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    paths: { ...chat, ...responses, ...messages, ...embeddings },
    // Which application is asking, for OpenRouter's public rankings; sent only by clients that want to be listed there.
    forwardedHeaders: ['http-referer', 'x-title', 'x-openrouter-title'],
    chatQuirks: { replaysReasoning: 'reasoning_details', acceptsCacheControl: true },
    documentation: 'https://openrouter.ai/docs/api-reference/overview',
  },
  {
    name: 'nvidia',
    displayName: 'NVIDIA NIM',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    paths: { ...chat, ...embeddings },
    credentialEnvironment: ['NVIDIA_API_KEY', 'NVIDIA_NIM_API_KEY'],
    documentation: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
  },
  {
    name: 'huggingface',
    displayName: 'Hugging Face',
    baseUrl: 'https://router.huggingface.co/v1',
    paths: { ...chat, ...responses },
    credentialEnvironment: ['HF_TOKEN'],
    documentation: 'https://huggingface.co/docs/inference-providers',
  },
  {
    name: 'cohere',
    displayName: 'Cohere',
    baseUrl: 'https://api.cohere.com',
    // Native embeddings first: the compatible ones cannot say what a text is embedded for.
    paths: {
      'openai-chat': '/compatibility/v1/chat/completions',
      'cohere-embeddings': '/v2/embed',
      'openai-embeddings': '/compatibility/v1/embeddings',
      rerank: '/v2/rerank',
    },
    credentialEnvironment: ['COHERE_API_KEY', 'CO_API_KEY'],
    // The compatibility API refuses requests with `stream_options`.
    acceptsStreamOptions: false,
    documentation: 'https://docs.cohere.com/docs/compatibility-api',
  },
  {
    name: 'voyage',
    displayName: 'Voyage AI',
    baseUrl: 'https://api.voyageai.com/v1',
    paths: { 'voyage-embeddings': '/embeddings', rerank: '/rerank' },
    documentation: 'https://docs.voyageai.com/reference/embeddings-api',
  },
  {
    name: 'jina',
    displayName: 'Jina AI',
    baseUrl: 'https://api.jina.ai/v1',
    paths: { ...embeddings, rerank: '/rerank' },
    documentation: 'https://jina.ai/embeddings/',
  },
  {
    name: 'moonshot',
    displayName: 'Moonshot AI (Kimi)',
    baseUrl: 'https://api.moonshot.ai',
    paths: { 'openai-chat': '/v1/chat/completions', 'anthropic-messages': '/anthropic/v1/messages' },
    maxTokensField: 'max_completion_tokens',
    // Thinking models refuse a tool call in the history without its reasoning.
    chatQuirks: { replaysReasoning: 'reasoning_content' },
    documentation: 'https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model',
  },
  {
    name: 'minimax',
    displayName: 'MiniMax',
    baseUrl: 'https://api.minimax.io',
    paths: {
      'openai-chat': '/v1/chat/completions',
      'openai-responses': '/v1/responses',
      'anthropic-messages': '/anthropic/v1/messages',
    },
    documentation: 'https://platform.minimax.io/docs/api-reference/text-anthropic-api',
  },
  {
    name: 'zai',
    displayName: 'Z.ai',
    baseUrl: 'https://api.z.ai/api',
    paths: { 'openai-chat': '/paas/v4/chat/completions', 'anthropic-messages': '/anthropic/v1/messages' },
    documentation: 'https://docs.z.ai/api-reference/introduction',
  },
  {
    name: 'sambanova',
    displayName: 'SambaNova',
    baseUrl: 'https://api.sambanova.ai/v1',
    paths: { ...chat, ...embeddings },
    documentation: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility',
  },
  {
    name: 'novita',
    displayName: 'Novita AI',
    baseUrl: 'https://api.novita.ai',
    paths: {
      'openai-chat': '/openai/v1/chat/completions',
      'openai-embeddings': '/openai/v1/embeddings',
      'anthropic-messages': '/anthropic/v1/messages',
    },
    documentation: 'https://novita.ai/docs/guides/llm-api',
  },
  {
    name: 'deepinfra',
    displayName: 'DeepInfra',
    baseUrl: 'https://api.deepinfra.com/v1/openai',
    paths: { ...chat, ...embeddings },
    credentialEnvironment: ['DEEPINFRA_API_KEY', 'DEEPINFRA_TOKEN'],
    documentation: 'https://deepinfra.com/docs/advanced/openai_api',
  },
  {
    name: 'hyperbolic',
    displayName: 'Hyperbolic',
    baseUrl: 'https://api.hyperbolic.xyz/v1',
    paths: chat,
    documentation: 'https://docs.hyperbolic.xyz/docs/rest-api',
  },
  {
    name: 'nebius',
    displayName: 'Nebius Token Factory',
    baseUrl: 'https://api.tokenfactory.nebius.com/v1',
    paths: { ...chat, ...embeddings },
    documentation: 'https://docs.tokenfactory.nebius.com/api-reference/introduction',
  },
];

/** Servers on the operator's own machine, at their default port: no key, and so no environment variable that announces them. */
const localServers: readonly Row[] = (
  [
    ['ollama', 'Ollama', 11_434, 'https://docs.ollama.com/api/openai-compatibility'],
    ['vllm', 'vLLM', 8_000, 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html'],
    ['lmstudio', 'LM Studio', 1_234, 'https://lmstudio.ai/docs/developer/openai-compat'],
  ] as const
).map(([name, displayName, port, documentation]) => ({
  name,
  displayName,
  baseUrl: `http://127.0.0.1:${port}/v1`,
  paths: { ...chat, ...responses, ...messages, ...embeddings },
  auth: { kind: 'none' },
  credentialEnvironment: [],
  documentation,
}));

/** Every vendor that speaks OpenAI's chat completions or Responses. A vendor with its own code has a file of its own. */
export const openaiCompatibleProviders: readonly Provider[] = [...cloudVendors, ...localServers].map((row) => ({
  auth: { kind: 'bearer' },
  credentialEnvironment: [`${row.name.toUpperCase()}_API_KEY`],
  // The version alone: `anthropic-beta` names features of Anthropic's own service, which imitations may refuse.
  ...(row.paths['anthropic-messages'] !== undefined && { headers: anthropicVersion }),
  ...row,
}));
