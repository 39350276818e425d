import * as z from 'zod';
import { countInputTokens } from '../count-usage.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';

const imagesRequest = z.strictObject({
  model: z.string().default('image'),
  prompt: z.string().min(1).max(32_000),
  n: z.int().min(1).max(10).nullish(),
  size: z.string().nullish(),
  quality: z.string().nullish(),
  background: z.string().nullish(),
  moderation: z.string().nullish(),
  output_format: z.enum(['png', 'jpeg', 'webp']).nullish(),
  output_compression: z.int().min(0).max(100).nullish(),
  response_format: z.enum(['b64_json', 'url']).nullish(),
  style: z.string().nullish(),
  user: z.string().optional(),
});

/** A PNG of one pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** `POST /v1/images/generations`, as OpenAI answers it. */
export async function answerImages(exchange: Exchange): Promise<void> {
  const request = parseBody(imagesRequest, exchange.body);
  const model = requireModel(request.model, 'image');
  const count = request.n ?? 1;
  const input_tokens = model.parameters.input ?? countInputTokens([request.prompt]);
  const output_tokens = model.parameters.output ?? 100 * count;
  sendJson(exchange.response, 200, {
    created: Math.floor(Date.now() / 1000),
    data: Array.from({ length: count }, () => ({ b64_json: pixel })),
    output_format: 'png',
    quality: request.quality ?? 'low',
    size: request.size ?? '1024x1024',
    usage: {
      input_tokens,
      input_tokens_details: { image_tokens: 0, text_tokens: input_tokens },
      output_tokens,
      total_tokens: input_tokens + output_tokens,
    },
  });
}
