import { ApiError, type Content, FunctionCallingConfigMode, type GenerateContentParameters } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { collect, postJson } from '../../fixtures/simulated-clients.ts';
import { pixel, pixelDescription, startVendors, weatherArguments, weatherSchema } from './vendor-clients.ts';

const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: weatherSchema }] }];

describe('a Gemini answer', () => {
  it('is the same whole and streamed, with the usage of both', async () => {
    const { google, requests } = await startVendors();
    const request = { model: 'echo', contents: 'Hello big world', config: { systemInstruction: 'Be brief.' } };

    const whole = await google.models.generateContent(request);
    const chunks = await collect(await google.models.generateContentStream(request));

    expect(whole.text).toBe('Hello big world');
    expect(whole.usageMetadata).toMatchObject({ promptTokenCount: 6, candidatesTokenCount: 3, totalTokenCount: 9 });
    expect(whole.candidates).toMatchObject([{ index: 0, finishReason: 'STOP' }]);
    expect(chunks.map(({ text }) => text).join('')).toBe('Hello big world');
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: whole.usageMetadata });
    expect(new Set(chunks.map(({ responseId }) => responseId)).size).toBe(1);
    expect(requests).toMatchObject([
      { method: 'POST', path: '/v1/models/echo:generateContent', headers: { 'x-goog-api-key': 'simulated' } },
      { path: '/v1/models/echo:streamGenerateContent', query: 'alt=sse' },
    ]);
  });

  it('without alt=sse is one JSON array', async () => {
    const { url } = await startVendors();

    const response = await postJson(`${url}/v1beta/models/echo%3Fwords=2:streamGenerateContent`, {
      contents: [{ parts: [{ text: 'a b c' }] }],
    });
    const chunks = (await response.json()) as { candidates: [{ content: Content }] }[];

    expect(response.headers.get('content-type')).toContain('application/json');
    expect(chunks.map(({ candidates }) => candidates[0].content.parts?.[0]?.text).join('')).toBe('a b');
  });

  it('calls every declared function in parallel, whole or streamed', async () => {
    const { google } = await startVendors();
    const request = {
      model: 'parallel-tools',
      contents: 'Go',
      config: {
        tools: [{ functionDeclarations: [{ name: 'one' }, { name: 'two', parametersJsonSchema: weatherSchema }] }],
      },
    };

    const whole = await google.models.generateContent(request);
    const chunks = await collect(await google.models.generateContentStream(request));

    const calls = [
      { name: 'one', args: {} },
      { name: 'two', args: weatherArguments },
    ];
    expect(whole.functionCalls).toEqual(calls);
    expect(chunks.flatMap(({ functionCalls = [] }) => functionCalls)).toEqual(calls);
  });

  it('calls only what the request allows', async () => {
    const { google } = await startVendors();
    const ask = (mode: FunctionCallingConfigMode, allowedFunctionNames?: string[]) =>
      google.models.generateContent({
        model: 'tool-call',
        contents: 'Go',
        config: {
          tools: [{ functionDeclarations: [{ name: 'one' }, { name: 'two' }] }],
          toolConfig: { functionCallingConfig: { mode, ...(allowedFunctionNames && { allowedFunctionNames }) } },
        },
      });

    const none = await ask(FunctionCallingConfigMode.NONE);
    const two = await ask(FunctionCallingConfigMode.ANY, ['two']);

    expect([none.text, two.functionCalls?.[0]?.name]).toEqual(['Go', 'two']);
  });

  it.each([
    ['refusal', { finishReason: 'SAFETY' }],
    ['filtered', { finishReason: 'PROHIBITED_CONTENT' }],
  ])('of the model %s ends with Google’s own reason', async (model, candidate) => {
    const { google } = await startVendors();

    const { candidates, usageMetadata } = await google.models.generateContent({ model, contents: 'hi' });

    expect(candidates).toMatchObject([candidate]);
    // What was said was paid for, and nothing else.
    expect(usageMetadata?.candidatesTokenCount).toBe(candidates?.[0]?.content === undefined ? 0 : 1);
  });

  it('is cut at a stop sequence and at the maximum', async () => {
    const { google } = await startVendors();
    const contents = 'one two END three';

    const stopped = await google.models.generateContent({
      model: 'stop',
      contents,
      config: { stopSequences: ['END'] },
    });
    const cut = await google.models.generateContent({ model: 'echo', contents, config: { maxOutputTokens: 2 } });

    expect([stopped.text, stopped.candidates?.[0]?.finishReason]).toEqual(['one two ', 'STOP']);
    expect([cut.text, cut.candidates?.[0]?.finishReason]).toEqual(['one two', 'MAX_TOKENS']);
  });

  it('has candidates, log probabilities and sources where asked', async () => {
    const { google } = await startVendors();
    const config = { candidateCount: 2, responseLogprobs: true, logprobs: 2 };

    const { candidates } = await google.models.generateContent({ model: 'citations', contents: 'one two', config });

    expect(candidates?.map(({ index }) => index)).toEqual([0, 1]);
    expect(candidates?.[0]?.logprobsResult?.chosenCandidates?.map(({ token }) => token)).toEqual(['one', ' two']);
    expect(candidates?.[0]?.logprobsResult?.topCandidates?.[0]?.candidates).toHaveLength(2);
    expect(candidates?.[0]?.groundingMetadata?.groundingChunks).toMatchObject([
      { web: { uri: 'https://example.com/source' } },
    ]);
  });

  it('matches the schema of the structured output, in either spelling of schemas', async () => {
    const { google } = await startVendors();
    const ask = (config: GenerateContentParameters['config']) =>
      google.models.generateContent({
        model: 'structured',
        contents: 'hi',
        config: { responseMimeType: 'application/json', ...config },
      });
    const { additionalProperties: _, ...schema } = weatherSchema;

    const byJsonSchema = await ask({ responseJsonSchema: weatherSchema });
    const bySchema = await ask({
      responseSchema: JSON.parse(
        JSON.stringify(schema)
          .toUpperCase()
          .replace(/"(?!OBJECT|STRING|INTEGER)[A-Z]+"/g, (word) => word.toLowerCase()),
      ),
    });
    const withoutSchema = await google.models
      .generateContent({ model: 'structured', contents: 'hi' })
      .catch((reason) => reason);

    expect([byJsonSchema, bySchema].map(({ text }) => JSON.parse(text ?? ''))).toEqual([
      weatherArguments,
      weatherArguments,
    ]);
    expect(withoutSchema).toMatchObject({ status: 400 });
  });

  it('tells images and documents apart and describes their bytes', async () => {
    const { google } = await startVendors();
    const pdf = Buffer.from('%PDF-1.7').toString('base64');
    const contents = [
      { text: 'What is this?' },
      { inlineData: { mimeType: 'image/png', data: pixel } },
      { inlineData: { mimeType: 'application/pdf', data: pdf } },
    ];

    const image = await google.models.generateContent({ model: 'vision', contents });
    const document = await google.models.generateContent({ model: 'document', contents });

    expect(image.text).toMatch(pixelDescription);
    expect(document.text).toMatch(/^document 1: application\/pdf, 8 bytes, sha256 [0-9a-f]{12}$/);
  });
});

describe('thought signatures', () => {
  const config = { tools, thinkingConfig: { includeThoughts: true } };
  const question: Content = { role: 'user', parts: [{ text: 'Weather?' }] };
  const result: Content = {
    role: 'user',
    parts: [{ functionResponse: { name: 'get_weather', response: { output: '21 degrees' } } }],
  };

  it.each([false, true])('are on calls, and taken back with the result (streamed: %s)', async (streamed) => {
    const { google } = await startVendors();
    const request = { model: 'reasoning', contents: [question], config };
    const answers = streamed
      ? await collect(await google.models.generateContentStream(request))
      : [await google.models.generateContent(request)];
    const parts = answers.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);

    const next = await google.models.generateContent({
      ...request,
      contents: [question, { role: 'model', parts }, result],
    });

    expect(parts.find(({ thought }) => thought)?.text).toMatch(/\w/);
    expect(parts.find(({ functionCall }) => functionCall)).toMatchObject({
      thoughtSignature: expect.stringMatching(/\w{40}/),
    });
    expect(next.text).toBe('21 degrees');
  });

  it.each([
    ['missing', undefined, 'Function call is missing a thought_signature'],
    ['of another vendor', Buffer.from('signed by somebody else').toString('base64'), 'Corrupted thought signature'],
    ['the documented dummy', 'context_engineering_is_the_way_to_go', undefined],
  ])('that are %s on a call are judged as Google does', async (_, thoughtSignature, message) => {
    const { google } = await startVendors();
    const call = {
      functionCall: { name: 'get_weather', args: weatherArguments },
      ...(thoughtSignature && { thoughtSignature }),
    };

    const answer = await google.models
      .generateContent({ model: 'reasoning', contents: [question, { role: 'model', parts: [call] }, result], config })
      .catch((reason) => reason);

    if (message === undefined) expect(answer.text).toBe('21 degrees');
    else expect(answer).toMatchObject({ status: 400, message: expect.stringContaining(message) });
  });

  it('cannot be the dummy where the test is strict', async () => {
    const { url } = await startVendors();
    const call = {
      functionCall: { name: 'get_weather', args: weatherArguments },
      thoughtSignature: 'skip_thought_signature_validator',
    };
    const body = { tools, contents: [question, { role: 'model', parts: [call] }, result] };

    // Google's own client takes no such name of a model.
    const [lenient, strict] = await Promise.all([
      postJson(`${url}/v1beta/models/reasoning:generateContent`, body),
      postJson(`${url}/v1beta/models/${encodeURIComponent('reasoning?strict=1')}:generateContent`, body),
    ]);

    expect(lenient.status).toBe(200);
    expect(strict.status).toBe(400);
    expect(await strict.text()).toContain('missing a thought_signature');
  });

  it('hold for the arguments they were made for', async () => {
    const { google } = await startVendors();
    const { candidates } = await google.models.generateContent({ model: 'reasoning', contents: [question], config });
    const signed = candidates?.[0]?.content?.parts?.find(({ functionCall }) => functionCall);
    const changed = { ...signed, functionCall: { name: 'get_weather', args: { city: 'Bonn', days: 2 } } };

    const next = google.models.generateContent({
      model: 'reasoning',
      contents: [question, { role: 'model', parts: [changed] }, result],
      config,
    });

    await expect(next).rejects.toThrow('Corrupted thought signature');
  });
});

describe('Google’s other methods', () => {
  it('count tokens', async () => {
    const { google } = await startVendors();

    const counted = await google.models.countTokens({ model: 'echo', contents: 'twelve chars' });

    expect(counted.totalTokens).toBe(3);
  });

  it('embed one text or several', async () => {
    const { google, url } = await startVendors();

    const { embeddings = [] } = await google.models.embedContent({
      model: 'embedding',
      contents: ['one', 'two'],
      config: { outputDimensionality: 8 },
    });
    const single = await postJson(`${url}/v1beta/models/embedding:embedContent`, {
      content: { parts: [{ text: 'two' }] },
      outputDimensionality: 8,
    });

    expect(embeddings.map(({ values }) => values?.length)).toEqual([8, 8]);
    expect(await single.json()).toEqual({ embedding: { values: embeddings[1]?.values } });
  });
});

describe('Google refuses', () => {
  const user = { role: 'user', parts: [{ text: 'hi' }] };
  const call = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
  const declare = (parameters: object) => ({
    contents: [user],
    tools: [{ functionDeclarations: [{ name: 'f', parameters }] }],
  });

  it.each([
    ['an unknown member', { contents: [user], max_tokens: 5 }, '"maxTokens"'],
    ['an unknown option', { contents: [user], generationConfig: { stop: ['x'] } }, '"stop" at \'generationConfig\''],
    ['a keyword outside its schemas', declare({ type: 'OBJECT', $schema: 'x' }), '"$schema"'],
    ['an object without properties', declare({ type: 'OBJECT', properties: {} }), 'should be non-empty'],
    ['a required property that is none', declare({ type: 'OBJECT', required: ['a'] }), 'property is not defined'],
    ['too few results', { contents: [user, call, user] }, 'number of function response parts'],
    ['a call out of turn', { contents: [call] }, 'function call turn comes immediately after'],
    [
      'a schema without its media type',
      { contents: [user], generationConfig: { responseSchema: { type: 'STRING' } } },
      'response_mime_type',
    ],
    ['another role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, 'valid role'],
    ['an empty turn', { contents: [{ role: 'user', parts: [] }] }, 'must not be empty'],
    ['an unknown model', undefined, 'does not exist'],
  ])('%s', async (_, body, message) => {
    const { url } = await startVendors();
    const model = body === undefined ? 'unknown' : 'echo';

    const response = await postJson(`${url}/v1beta/models/${model}:generateContent`, body ?? { contents: [user] });

    const { error } = (await response.json()) as { error: { code: number; message: string; status: string } };
    expect(error.code).toBe(response.status);
    expect(error.status).toBe(body === undefined ? 'NOT_FOUND' : 'INVALID_ARGUMENT');
    expect(error.message).toContain(message);
  });

  it('what it cannot serve, so that its client throws', async () => {
    const { google } = await startVendors();

    const error = await google.models
      .generateContent({ model: 'overloaded', contents: 'hi' })
      .catch((reason) => reason);

    expect(error).toBeInstanceOf(ApiError);
    expect(error.status).toBe(503);
  });

  it('in the middle of a stream, so that its client throws', async () => {
    const { google } = await startVendors();

    const stream = await google.models.generateContentStream({ model: 'failing-midstream', contents: 'one two' });

    await expect(collect(stream)).rejects.toThrow('UNAVAILABLE');
  });
});
