import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { refuse } from '../refusal.ts';

const anything = z.unknown().optional();
const transcriptionsRequest = z.strictObject({
  file: z.instanceof(File),
  model: z.string().min(1),
  response_format: z.enum(['json', 'text', 'srt', 'verbose_json', 'vtt']).default('json'),
  language: z.string().optional(),
  prompt: z.string().optional(),
  temperature: anything,
  stream: z.literal('false').optional(),
  chunking_strategy: anything,
  'include[]': anything,
  'timestamp_granularities[]': anything,
});

/** `POST /v1/audio/transcriptions`, as OpenAI answers it; what was heard is the file's name, size and digest. */
export async function answerTranscriptions(exchange: Exchange): Promise<void> {
  const form =
    exchange.body instanceof FormData ? exchange.body : refuse('file', 'The request is not multipart/form-data.');
  const request = parseBody(transcriptionsRequest, Object.fromEntries(form));
  requireModel(request.model, 'transcription');
  const bytes = Buffer.from(await request.file.arrayBuffer());
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const text = `${request.file.name}, ${bytes.length} bytes, sha256 ${digest}`;
  if (request.response_format === 'json' || request.response_format === 'verbose_json') {
    const usage = { type: 'duration', seconds: Math.ceil(bytes.length / 16_000) };
    return sendJson(exchange.response, 200, { text, usage });
  }
  exchange.response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  exchange.response.end(`${text}\n`);
}
