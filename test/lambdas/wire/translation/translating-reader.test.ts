import { expect, test } from 'vitest';
import { createSseFraming } from '../../../../lambdas/wire/translation/framing.ts';
import { createTranslatingReader } from '../../../../lambdas/wire/translation/translating-reader.ts';

test('counts what it reads by its bytes, for the estimate of a usage that never comes', () => {
  const texts = ['Grüße', '你好', '{"a":1}'];
  const reader = createTranslatingReader({
    framing: createSseFraming(),
    decoder: {
      decode: ({ data }) => [
        { type: 'tool-call', choice: 0, key: 0, name: 'f' },
        { type: 'text', choice: 0, text: texts[Number(data)] ?? '' },
      ],
    },
    encoder: { encode: () => '' },
    requestId: 'req_1',
  });

  reader.push(Buffer.from('data: 0\n\ndata: 1\n\ndata: 2\n\n'));

  expect(reader.contentBytes()).toBe(Buffer.byteLength(texts.join('')));
  expect(reader.contentEvents()).toBe(2 * texts.length);
  expect(reader.facts().usage).toBeUndefined();
});
