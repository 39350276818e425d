import { type JsonBody, withMembers } from './json-body.ts';
import { invalid, isObject, readBoolean, readPositiveInteger } from './json-fields.ts';
import { mediaFacts, usageOf } from './media-facts.ts';
import { createMediaStreamTap } from './media-stream-tap.ts';
import { readResponsesUsage } from './openai-responses-facts.ts';
import type { RequestFacts, WireProtocol } from './protocol.ts';

/**
 * OpenAI image generation; the unit beside tokens is an image. https://platform.openai.com/docs/api-reference/images/create
 */
export const openaiImages = {
  name: 'openai-images',
  dialect: 'openai',
  readRequest,
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { model: changes.model }),
  readResponse: (value) =>
    isObject(value) && Array.isArray(value['data'])
      ? { usage: readResponsesUsage(usageOf(value)), finishReason: undefined, billedUnits: value['data'].length }
      : undefined,
  createStreamTap: ({ choices }) => createMediaStreamTap('image_generation.completed', choices),
} as const satisfies WireProtocol;

/**
 * Output tokens of one image: more than the largest size of any GPT image model takes at that quality (gpt-image-2 with 2880 by
 * 2880 pixels: 659, 5930 and 23,718). `auto` and what is not known may be the highest.
 * https://developers.openai.com/api/docs/guides/image-generation#size-and-quality-options
 */
const tokensByQuality: Readonly<Record<string, number>> = { low: 1_000, medium: 6_000 };
const tokensAtMost = 24_000;
/** https://developers.openai.com/api/docs/guides/image-generation#partial-images-cost */
const tokensOfPartialImage = 100;

function readRequest(body: JsonBody): RequestFacts {
  const { prompt, quality } = body.value;
  if (typeof prompt !== 'string' || prompt === '') throw invalid('prompt', 'must be a string that is not empty');
  const images = readPositiveInteger(body.value, 'n', 100) ?? 1;
  const partialImages = body.value['partial_images'] ?? 0;
  if (
    typeof partialImages !== 'number' ||
    !Number.isInteger(partialImages) ||
    partialImages < 0 ||
    partialImages > 100
  ) {
    throw invalid('partial_images', 'must be an integer from 0 to 100');
  }
  const known =
    typeof quality === 'string' && Object.hasOwn(tokensByQuality, quality) ? tokensByQuality[quality] : undefined;
  return mediaFacts(body.value, {
    stream: readBoolean(body.value, 'stream'),
    hasReferences: false,
    choices: images,
    outputTokens: (known ?? tokensAtMost) + partialImages * tokensOfPartialImage,
    atMost: { inputTokens: body.bytes.length, billedUnits: images },
  });
}
