import type { EncodingTarget } from '../../canonical/codec.ts';

/**
 * Converse is one protocol for models of many vendors; what it does not unify (reasoning, top-k, prompt caching) is told apart by
 * the model's id. The id of an application inference profile says nothing: only Claude is then known, by how the catalog says
 * that it reasons.
 */
export type ModelFamily = 'claude' | 'nova' | 'nova-2' | 'openai' | 'other';

export function modelFamily({ model, capabilities }: EncodingTarget): ModelFamily {
  if (/anthropic\.|claude/i.test(model)) return 'claude';
  if (/amazon\.nova-2/i.test(model)) return 'nova-2';
  if (/amazon\.nova/i.test(model)) return 'nova';
  if (/openai\.gpt/i.test(model)) return 'openai';
  return capabilities?.reasoningBy === undefined ? 'other' : 'claude';
}
