import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readBinaryValues, withBase64 } from '../../../lambdas/store/attribute-values.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const name = fc.oneof(fc.constantFrom('B', 'BS', 'M', 'L', 'S', '0'), fc.string());

const { item } = fc.letrec<{ value: AttributeValue; item: Record<string, AttributeValue> }>((tie) => ({
  item: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.record({ S: fc.string() }),
    fc.record({ N: fc.integer().map(String) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ B: bytes }),
    fc.record({ BS: fc.array(bytes, { maxLength: 3 }) }),
    fc.record({ M: tie('item') }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
  ),
}));

it('brings every attribute value through JSON unchanged, binary ones as base64', () => {
  fc.assert(
    fc.property(item, (Item) => {
      const input = { TableName: 'table', Item };
      const before = structuredClone(Item);

      const received = JSON.parse(JSON.stringify(withBase64(input))) as typeof input;
      readBinaryValues(received.Item);

      expect(received).toEqual(input);
      expect(structuredClone(Item)).toEqual(before);
    }),
  );
});

it('encodes a view of a larger buffer, and only the view', () => {
  const buffer = Buffer.from('..view..');

  const encoded = withBase64({
    B: new Uint8Array(buffer.buffer, buffer.byteOffset + 2, 4),
    BS: [buffer.subarray(0, 0)],
  });

  expect(encoded).toEqual({ B: 'dmlldw==', BS: [''] });
});

it('returns an input without binary values as it is, without copying', () => {
  const input = {
    Key: { pk: { S: 'x' } },
    ExpressionAttributeValues: { ':list': { L: [{ N: '1' }, { NULL: true }] } },
  };

  const encoded = withBase64(input);

  expect(encoded).toBe(input);
});
