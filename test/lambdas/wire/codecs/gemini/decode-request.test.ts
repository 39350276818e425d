import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';
import { geminiCodec } from '../../../../../lambdas/wire/codecs/gemini/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';

const hello = { role: 'user', parts: [{ text: 'Hi' }] };
const decode = (fields: Record<string, unknown>): CanonicalRequest =>
  geminiCodec.decodeRequest({ contents: [hello], ...fields }, { stream: false });
describe('options', () => {
  test('of sampling keep their paths', () => {
    const generationConfig = {
      temperature: 0,
      topP: 0.5,
      topK: 40,
      candidateCount: 2,
      maxOutputTokens: 9,
      stopSequences: ['END', ''],
      seed: 0,
      presencePenalty: 1,
      frequencyPenalty: -1,
      responseLogprobs: true,
      logprobs: 3,
    };

    const request = decode({ generationConfig });

    expect(request).toMatchObject({
      maxOutputTokens: 9,
      sampling: {
        temperature: 0,
        topP: 0.5,
        topK: 40,
        choices: 2,
        stopSequences: ['END'],
        seed: 0,
        presencePenalty: 1,
        frequencyPenalty: -1,
        logprobs: 3,
        paths: { choices: 'generationConfig.candidateCount', logprobs: 'generationConfig.responseLogprobs' },
      },
      untranslated: [],
    });
  });

  test.each([
    [{ thinkingBudget: 0 }, { effort: 'none', visible: false }],
    [{ thinkingBudget: -1, includeThoughts: true }, { visible: true }],
    [{ thinkingBudget: 2048 }, { budgetTokens: 2048 }],
    [{ thinkingLevel: 'LOW' }, { effort: 'low' }],
    [{ thinkingLevel: 'high' }, { effort: 'high' }],
  ])('of thinking: %j', (thinkingConfig, expected) => {
    const { reasoning } = decode({ generationConfig: { thinkingConfig } });

    expect(reasoning).toMatchObject(expected);
  });

  test.each([
    [{ responseMimeType: 'application/json' }, { kind: 'json' }],
    [{ responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } }, { schema: { type: 'object' } }],
    [{ responseMimeType: 'application/json', responseSchema: { type: 'STRING' } }, { schema: { type: 'string' } }],
    [{ responseMimeType: 'text/plain' }, undefined],
  ])('of format: %j', (generationConfig, expected) => {
    const { outputFormat } = decode({ generationConfig });

    if (expected === undefined) expect(outputFormat).toBeUndefined();
    else expect(outputFormat).toMatchObject(expected);
  });

  test.each([
    [{ mode: 'AUTO' }, { kind: 'auto' }],
    [{ mode: 'VALIDATED' }, { kind: 'auto' }],
    [{ mode: 'NONE' }, { kind: 'none' }],
    [{ mode: 'ANY' }, { kind: 'required' }],
    [
      { mode: 'ANY', allowedFunctionNames: ['a'] },
      { kind: 'tool', name: 'a' },
    ],
    [
      { mode: 'ANY', allowedFunctionNames: ['a', 'b'] },
      { kind: 'one-of', names: ['a', 'b'], required: true },
    ],
    [
      { mode: 'VALIDATED', allowedFunctionNames: ['a'] },
      { kind: 'one-of', names: ['a'], required: false },
    ],
  ])('of calling: %j', (functionCallingConfig, toolChoice) => {
    expect(decode({ toolConfig: { functionCallingConfig } }).toolChoice).toEqual(toolChoice);
  });

  test.each([
    [{ cachedContent: 'cachedContents/a' }, 'cachedContent'],
    [{ inventedOption: 1 }, 'inventedOption'],
    [{ tools: [{ googleSearch: {} }] }, 'tools[0].googleSearch'],
    [{ tools: [{ code_execution: {} }] }, 'tools[0].code_execution'],
    [
      { tools: [{ functionDeclarations: [{ name: 'f', response: { type: 'STRING' } }] }] },
      'tools[0].functionDeclarations[0].response',
    ],
    [{ generationConfig: { speechConfig: {} } }, 'generationConfig.speechConfig'],
    [{ generationConfig: { responseModalities: ['AUDIO'] } }, 'generationConfig.responseModalities'],
    [{ generationConfig: { responseMimeType: 'text/x.enum' } }, 'generationConfig.responseMimeType'],
    [{ toolConfig: { retrievalConfig: {} } }, 'toolConfig.retrievalConfig'],
    [
      {
        safetySettings: [
          { category: 'X', threshold: 'OFF' },
          { category: 'X', threshold: 'BLOCK_LOW_AND_ABOVE' },
        ],
      },
      'safetySettings[1]',
    ],
    [{ contents: [{ parts: [{ text: 'a', videoMetadata: { fps: 1 } }] }] }, 'contents[0].parts[0].videoMetadata'],
  ])('without a counterpart are listed: %j', (fields, path) => {
    expect(decode(fields).untranslated).toMatchObject([{ path }]);
  });

  test('that change no answer are not listed', () => {
    const fields = {
      labels: { team: 'a' },
      serviceTier: 'flex',
      store: true,
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW', enableEnhancedCivicAnswers: false },
      safetySettings: [{ category: 'X', threshold: 'BLOCK_NONE' }],
    };

    expect(decode(fields).untranslated).toEqual([]);
  });
});

test('a schema in Gemini’s dialect becomes JSON Schema', () => {
  const parameters = {
    type: 'OBJECT',
    properties: {
      when: { type: 'STRING', format: 'date-time', nullable: true },
      unit: { type: 'STRING', format: 'enum', enum: ['C', 'F'], nullable: true },
      tags: { type: 'ARRAY', items: { type: 'STRING' }, max_items: '3' },
      either: { anyOf: [{ type: 'INTEGER' }, { type: 'TYPE_UNSPECIFIED', title: 'Any' }], nullable: true },
      max_items: { type: 'NUMBER', example: 1 },
    },
    propertyOrdering: ['tags', 'when'],
    required: ['when'],
  };

  const [tool] = decode({ tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] }).tools;

  expect(JSON.stringify(tool?.parameters)).toBe(
    JSON.stringify({
      type: 'object',
      properties: {
        tags: { type: 'array', items: { type: 'string' }, maxItems: 3 },
        when: { type: ['string', 'null'], format: 'date-time' },
        unit: { type: ['string', 'null'], enum: ['C', 'F', null] },
        either: { anyOf: [{ anyOf: [{ type: 'integer' }, { title: 'Any' }] }, { type: 'null' }] },
        max_items: { type: 'number', examples: [1] },
      },
      required: ['when'],
    }),
  );
});

test.each([
  [{ parameters: [] }, 'parameters'],
  [{ parameters: { type: 1 } }, 'parameters.type'],
  [{ parameters: { properties: { a: 1 } } }, 'parameters.properties.a'],
  [{ parameters: { anyOf: [1] } }, 'parameters.anyOf[0]'],
  [{ parameters: { maxItems: 'many' } }, 'parameters.maxItems'],
  [{ parameters: {}, parametersJsonSchema: {} }, 'parametersJsonSchema'],
])('a malformed schema is refused, naming the field: %j', (members, path) => {
  const tools = [{ functionDeclarations: [{ name: 'f', ...members }] }];

  expect(() => decode({ tools })).toThrow(
    expect.objectContaining({ param: `tools[0].functionDeclarations[0].${path}` }),
  );
});

/** Objects of members that mean something, so that more than the first check is met. */
function nearlyRequests(): fc.Arbitrary<unknown> {
  const names = [
    'contents',
    'parts',
    'role',
    'text',
    'thought',
    'thoughtSignature',
    'functionCall',
    'functionResponse',
    'name',
  ]
    .concat([
      'args',
      'response',
      'id',
      'inlineData',
      'fileData',
      'mimeType',
      'fileUri',
      'data',
      'tools',
      'toolConfig',
      'type',
    ])
    .concat([
      'functionDeclarations',
      'parameters',
      'properties',
      'anyOf',
      'items',
      'nullable',
      'enum',
      'propertyOrdering',
    ])
    .concat([
      'generationConfig',
      'generation_config',
      'thinkingConfig',
      'responseSchema',
      'responseMimeType',
      'safetySettings',
    ]);
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>('user', 'model', 'OBJECT', 'application/json', 'f', 1, true, null, ''),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 5 }),
    ),
  }));
  return node;
}

test('no JSON at all makes the decoder throw anything but a WireError', () => {
  const decodes = (contents: unknown, fields: unknown): void => {
    try {
      geminiCodec.decodeRequest({ contents, ...(fields as object) }, { stream: false });
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  };

  fc.assert(fc.property(nearlyRequests(), nearlyRequests(), decodes), { numRuns: 1000 });
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), decodes));
});
