import {
  ApiError,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  Type,
} from '@google/genai';
import { describe, expect, it } from 'vitest';
import { collect, postJson } from '../../fixtures/simulated-clients.ts';
import { failureOf } from '../lab.ts';
import { pdfBase64, pngBase64, pngDescription } from './samples.ts';
import { type MatrixUpstream, upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

const google = (headers: Record<string, string> = {}): GoogleGenAI =>
  new GoogleGenAI({ apiKey: matrix.gatehouse.apiKey, httpOptions: { baseUrl: matrix.gatehouse.url, headers } });

/** Both ways to get an answer: the chunks of a stream put together, as a caller reads them. */
const ways = [
  ['whole', async (asked: GenerateContentParameters) => read([await google().models.generateContent(asked)])],
  [
    'streamed',
    async (asked: GenerateContentParameters) => read(await collect(await google().models.generateContentStream(asked))),
  ],
] as const;

function read(chunks: readonly GenerateContentResponse[]) {
  const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  return {
    chunks: chunks.length,
    text: parts.flatMap((part) => (part.thought ? [] : (part.text ?? []))).join(''),
    thoughts: parts.flatMap((part) => (part.thought ? (part.text ?? []) : [])).join(''),
    finishReasons: chunks.flatMap(({ candidates }) => candidates?.[0]?.finishReason ?? []),
    usage: chunks.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata,
    ids: new Set(chunks.map(({ responseId }) => responseId)),
    models: new Set(chunks.map(({ modelVersion }) => modelVersion)),
    blockReason: chunks.find(({ promptFeedback }) => promptFeedback)?.promptFeedback?.blockReason,
  };
}

describe.each(upstreams)('Google’s client before a provider that speaks $protocol', (upstream) => {
  const { name, protocol } = upstream;
  const model = (simulated: string): string => pathOf(upstream, simulated);

  describe.each(ways)('%s', (way, request) => {
    it('gets an answer and its usage', async () => {
      const answer = await request({ model: model('echo'), contents: 'Hello from Gemini, twice' });

      expect(answer).toMatchObject({
        text: 'Hello from Gemini, twice',
        finishReasons: ['STOP'],
        usage: { promptTokenCount: 6, candidatesTokenCount: 4, totalTokenCount: 10 },
      });
      expect(answer.ids.size).toBe(1);
      expect(answer.models.size).toBe(1);
      if (way === 'streamed') expect(answer.chunks).toBeGreaterThan(2);
    });

    it('is told that the answer was cut at maxOutputTokens', async () => {
      const words = Array.from({ length: 20 }, (_, index) => `word${index}`);

      const answer = await request({
        model: model('echo'),
        contents: words.join(' '),
        config: { maxOutputTokens: 16 },
      });

      expect(answer).toMatchObject({ text: words.slice(0, 16).join(' '), finishReasons: ['MAX_TOKENS'] });
    });

    it('stops at a stop sequence, or is told that it cannot', async () => {
      const asked = { model: model('stop'), contents: 'one END two', config: { stopSequences: ['END'] } };
      if (protocol === 'openai-responses') {
        const refusal = await failureOf(request(asked), ApiError);
        const dropping = await google({ 'x-gatehouse-drop-unsupported': 'true' }).models.generateContent(asked);

        expect(refusal.status).toBe(400);
        expect(refusal.message).toContain('generationConfig.stopSequences');
        expect(dropping.text).toBe('one END two');
        return;
      }

      expect(await request(asked)).toMatchObject({ text: 'one ', finishReasons: ['STOP'] });
    });

    it('is told that the model refuses', async () => {
      const answer = await request({ model: model('refusal'), contents: 'Something bad' });

      expect([answer.finishReasons, answer.blockReason]).toEqual([['SAFETY'], undefined]);
    });

    it('thinks, and shows it where it is asked to', async () => {
      const shown = await request({
        model: model('reasoning'),
        contents: 'one two',
        config: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } },
      });

      expect(shown).toMatchObject({ text: 'one two', thoughts: expect.stringContaining('The user wants') });
      const { thoughtsTokenCount: thoughts = 0, candidatesTokenCount: said = 0 } = shown.usage ?? {};
      expect(thoughts + said).toBe(13);
      // Converse does not say which of its tokens were thoughts.
      expect(said).toBe(protocol === 'bedrock-converse' ? 13 : 2);
    });

    it('sees images and documents arrive whole', async () => {
      const show = (simulated: string, mimeType: string, data: string) =>
        request({
          model: model(simulated),
          contents: [{ role: 'user', parts: [{ inlineData: { mimeType, data } }, { text: 'What is it?' }] }],
        });

      const seen = await show('vision', 'image/png', pngBase64);
      const documents = await show('document', 'application/pdf', pdfBase64);

      expect(seen.text).toBe(pngDescription);
      expect(documents.text).toMatch(/^document 1: application\/pdf, 45 bytes, sha256 [0-9a-f]{12}/);
    });

    it.each([
      [
        'responseSchema',
        {
          responseSchema: {
            type: Type.OBJECT,
            properties: { city: { type: Type.STRING }, days: { type: Type.ARRAY, items: { type: Type.INTEGER } } },
            required: ['city', 'days'],
            propertyOrdering: ['city', 'days'],
          },
        },
      ],
      [
        'responseJsonSchema',
        {
          responseJsonSchema: {
            type: 'object',
            properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } },
            required: ['city', 'days'],
            additionalProperties: false,
          },
        },
      ],
    ])('answers in the form of a %s', async (_, schema) => {
      const answer = await request({
        model: model('structured'),
        contents: 'The weather, please',
        config: { responseMimeType: 'application/json', ...schema },
      });

      expect(JSON.parse(answer.text)).toEqual({ city: 'sample city', days: [1] });
    });

    it.each([
      ['unheard-of', protocol === 'bedrock-converse' ? 400 : 404],
      ['overloaded', protocol === 'gemini' || protocol === 'anthropic-messages' ? 503 : 429],
      ['failing', 502],
    ])('raises its own error for the model %s', async (simulated, status) => {
      const failure = await failureOf(request({ model: model(simulated), contents: 'hi' }), ApiError);

      expect(failure.status).toBe(status);
      expect(JSON.parse(failure.message)).toMatchObject({ error: { code: status, status: expect.any(String) } });
    });
  });

  it('passes instructions and earlier turns of a chat on', async () => {
    const chat = google().chats.create({ model: model('echo'), config: { systemInstruction: 'You are terse.' } });

    const first = await chat.sendMessage({ message: 'first question' });
    const chunks = await collect(await chat.sendMessageStream({ message: 'second question' }));
    const third = await chat.sendMessage({ message: 'third question' });

    const sent = JSON.stringify(matrix.lastBody());
    expect([first.text, read(chunks).text, third.text]).toEqual([
      'first question',
      'second question',
      'third question',
    ]);
    expect(sent).toContain('You are terse.');
    expect(sent).toMatch(/first question.*first question.*second question.*second.*question.*third question/);
  });

  it('reads what the provider had cached', async () => {
    const asked = {
      model: model('echo'),
      contents: 'hi',
      config: { systemInstruction: `${name} of Gemini `.repeat(200) },
    };

    await google().models.generateContent(asked);
    const { usageMetadata } = await google().models.generateContent(asked);

    const systemTokens = (name.length + 11) * 50;
    // Claude caches where it is told to, and Gemini's protocol cannot tell it.
    const caches = protocol !== 'anthropic-messages' && protocol !== 'bedrock-converse';
    expect(usageMetadata?.cachedContentTokenCount ?? 0).toBe(caches ? systemTokens : 0);
    expect(usageMetadata?.promptTokenCount).toBe(systemTokens + 1);
  });

  it('raises an error for a stream that fails on the way', async () => {
    const stream = await google().models.generateContentStream({
      model: model('failing-midstream'),
      contents: 'one two three four',
    });
    const chunks: GenerateContentResponse[] = [];

    await failureOf(collect(stream, chunks), ApiError);

    expect(read(chunks).text).toBe('one two three');
  });

  it('streams as an array of JSON to clients that ask for no events', async () => {
    const { url, apiKey } = matrix.gatehouse;

    const response = await postJson(
      `${url}/v1beta/models/${model('echo')}:streamGenerateContent`,
      { contents: [{ role: 'user', parts: [{ text: 'one two three' }] }] },
      { 'x-goog-api-key': apiKey },
    );
    const answer = read((await response.json()) as GenerateContentResponse[]);

    expect(response.headers.get('content-type')).toContain('application/json');
    expect(answer).toMatchObject({ text: 'one two three', finishReasons: ['STOP'] });
    expect(answer.chunks).toBeGreaterThan(2);
  });

  it('counts tokens where the provider can', async () => {
    const count = google().models.countTokens({ model: model('echo?input=123'), contents: 'Count me' });

    if (protocol === 'openai-chat' || protocol === 'bedrock-converse') {
      expect((await failureOf(count, ApiError)).message).toContain('protocol_not_supported');
      return;
    }
    expect(await count).toMatchObject({ totalTokens: 123 });
  });

  it('embeds where the provider can', async () => {
    const vendorModel = protocol === 'bedrock-converse' ? 'bedrock/amazon.titan-embed-text-v2:0' : model('embedding');
    const embedding = google().models.embedContent({
      model: vendorModel,
      contents: 'Embed me',
      config: { outputDimensionality: 256 },
    });

    if (protocol === 'openai-responses' || protocol === 'anthropic-messages') {
      expect((await failureOf(embedding, ApiError)).message).toContain('protocol_not_supported');
      return;
    }
    const { embeddings } = await embedding;
    expect(embeddings).toHaveLength(1);
    expect(embeddings?.[0]?.values).toHaveLength(256);
  });

  it('raises an error that names the member at fault', async () => {
    const asked = {
      model: model('echo'),
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      config: { topK: 'no' },
    };

    const failure = await failureOf(
      google().models.generateContent(asked as unknown as GenerateContentParameters),
      ApiError,
    );

    expect(failure.status).toBe(400);
    expect(failure.message).toMatch(/generationConfig\.topK|generation_config\.topK|generationConfig.{0,4}topK/);
  });
});

/** The client writes the name into the path as it is, so a question mark has to be encoded. */
function pathOf(upstream: MatrixUpstream, simulated: string): string {
  return upstream.model(simulated).replaceAll('?', '%3F');
}
