import * as z from 'zod';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const part = z.union([
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: z.string() }) }),
]);
const moderationsRequest = z.strictObject({
  model: z.string().default('moderation'),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(part).min(1)]),
});

const categories = ['violence', 'harassment', 'hate', 'self-harm', 'sexual', 'illicit'];

/** `POST /v1/moderations`, as OpenAI answers it; a text is flagged for each category that it names. */
export async function answerModerations(exchange: Exchange): Promise<void> {
  const { model: name, input } = parseBody(moderationsRequest, exchange.body);
  const model = requireModel(name, 'moderation');
  sendJson(exchange.response, 200, {
    id: 'modr-simulated',
    model: model.name,
    results: listTexts(input).map(judge),
  });
}

/** The parts of a mixed input are judged together, texts one by one. */
function listTexts(input: z.infer<typeof moderationsRequest>['input']): string[] {
  if (typeof input === 'string') return [input];
  const texts = input.map((each) => (typeof each === 'string' ? each : each.type === 'text' ? each.text : ''));
  return typeof input[0] === 'string' ? texts : [texts.join(' ')];
}

function judge(text: string): object {
  const named = (category: string) => text.toLowerCase().includes(category);
  const byCategory = <Value>(value: (category: string) => Value) =>
    Object.fromEntries(categories.map((category) => [category, value(category)]));
  return {
    flagged: categories.some(named),
    categories: byCategory(named),
    category_scores: byCategory((category) => (named(category) ? 0.99 : 0.01)),
    category_applied_input_types: byCategory(() => ['text']),
  };
}
