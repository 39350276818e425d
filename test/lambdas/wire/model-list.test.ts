import { describe, expect, test } from 'vitest';
import { type ListedModel, renderModel, renderModels } from '../../../lambdas/wire/model-list.ts';

const model = (id: string, more: Partial<ListedModel> = {}): ListedModel => ({
  id,
  owner: 'lab',
  names: [id, id.slice(id.indexOf('/') + 1)],
  protocols: ['openai-chat'],
  ...more,
});
const models = [
  model('fast', { owner: 'gatehouse', names: ['fast'] }),
  model('lab/m:0', { contextTokens: 100, maxOutputTokens: 10 }),
  model('lab/vectors', { protocols: ['openai-embeddings'] }),
  model('lab/ranks', { protocols: ['rerank'] }),
  model('lab/twice'),
  model('other/twice'),
];

describe('a list of models', () => {
  test("is in Anthropic's form one page that says where it begins and ends", () => {
    expect(renderModels(models.slice(0, 2), 'anthropic')).toEqual({
      data: [
        expect.objectContaining({
          type: 'model',
          id: 'fast',
          display_name: 'fast',
          created_at: '1970-01-01T00:00:00Z',
        }),
        expect.objectContaining({ id: 'lab/m:0', max_input_tokens: 100, max_tokens: 10 }),
      ],
      has_more: false,
      first_id: 'fast',
      last_id: 'lab/m:0',
    });
    expect(renderModels([], 'anthropic')).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });

  test("says in Gemini's form what each model can be asked for", () => {
    expect(renderModels(models.slice(1, 4), 'gemini')).toEqual({
      models: [
        {
          name: 'models/lab/m:0',
          displayName: 'lab/m:0',
          supportedGenerationMethods: ['generateContent', 'countTokens'],
          inputTokenLimit: 100,
          outputTokenLimit: 10,
        },
        expect.objectContaining({ supportedGenerationMethods: ['embedContent', 'batchEmbedContents'] }),
        expect.objectContaining({ supportedGenerationMethods: [] }),
      ],
    });
  });
});

describe('one model', () => {
  test.each([
    ['lab/m:0', 'lab/m:0'],
    ['lab%2Fm%3A0', 'lab/m:0'],
    ['m:0', 'm:0'],
    ['fast', 'fast'],
    ['lab/twice', 'lab/twice'],
  ])('is found by %s', (name, id) => {
    expect(renderModel(models, name, 'openai')).toMatchObject({ id, object: 'model' });
  });

  test.each(['twice', 'm', 'lab/', '', '%E0%A4%A', 'gatehouse/fast', '__proto__'])(
    'is not found by %s, which stands for none or for several',
    (name) => {
      expect(renderModel(models, name, 'openai')).toBeUndefined();
    },
  );
});
