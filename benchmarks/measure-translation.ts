import type { Bundles } from './bundles.ts';
import type { Effort, Figures } from './measure.ts';
import { runScript } from './processes.ts';

/** What every cell of the table is measured for: a chunk of a stream, or a request with its whole answer. */
export const translationUnits = ['chunk', 'request'] as const;

/** Rows: what the provider speaks. */
export const upstreamProtocols = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
] as const;

/** The first two are references; the others are what the client speaks. */
export const translationColumns = [
  'passed',
  'json',
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
] as const;

/** Processor time of translation by itself, a fresh process for each round. */
export async function measureTranslation(
  bundles: Bundles,
  { longStreamRounds }: Effort,
  figures: Figures,
): Promise<void> {
  for (let round = 0; round < longStreamRounds; round += 1) {
    const costs = await runScript<Record<string, number>>(bundles.script('translation-costs'), {});
    for (const [name, microseconds] of Object.entries(costs)) figures.add('translation', name, microseconds);
  }
}
