import { anthropic } from './anthropic.ts';
import { bedrock } from './bedrock.ts';
import { google } from './google.ts';
import { openaiCompatibleProviders } from './openai-compatible.ts';
import { openai } from './openai.ts';
import type { Provider } from './provider.ts';

/** Every provider that needs no declaration, by name. The one list: adding a vendor file means adding it here. */
export const builtInProviders: ReadonlyMap<string, Provider> = new Map(
  [openai, anthropic, google, bedrock, ...openaiCompatibleProviders].map((provider: Provider) => [
    provider.name,
    provider,
  ]),
);

/** The built-in provider of this name, or `undefined`. */
export function findProvider(name: string): Provider | undefined {
  return builtInProviders.get(name);
}
