import { describe, expect, test } from 'vitest';
import { adaptSchema } from '../../../../../lambdas/wire/codecs/anthropic-messages/output-schema.ts';

const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });

describe('a schema', () => {
  test('keeps what Anthropic compiles, and says the rest in words', () => {
    const schema = object(
      {
        name: { type: ['string', 'null'], minLength: 1, description: 'Full name' },
        mail: { type: 'string', format: 'email' },
        code: { type: 'string', format: 'hex', pattern: '^x' },
        tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 2, uniqueItems: true },
        kind: { oneOf: [{ const: 1 }, { $ref: '#/$defs/other', description: 'Other' }] },
      },
      { required: ['name'], $schema: 'x', $defs: { other: object({ n: { type: 'integer' } }) } },
    );

    const adapted = adaptSchema(schema);

    expect(adapted).toEqual({
      schema: {
        type: 'object',
        properties: {
          name: { type: ['string', 'null'], description: 'Full name\n\n{minLength: 1}' },
          mail: { type: 'string', format: 'email' },
          code: { type: 'string', description: '{format: "hex", pattern: "^x"}' },
          tags: { type: 'array', items: { enum: ['a', 'b'] }, description: '{minItems: 2, uniqueItems: true}' },
          kind: { anyOf: [{ const: 1 }, { $ref: '#/$defs/other' }] },
        },
        required: ['name'],
        $defs: { other: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false } },
        additionalProperties: false,
      },
      problems: [],
    });
  });

  test('may use a definition twice', () => {
    const reference = { $ref: '#/definitions/leaf' };

    const { problems } = adaptSchema(
      object({ a: reference, b: reference }, { definitions: { leaf: { type: 'string' } } }),
    );

    expect(problems).toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      'free members',
      object({ a: { type: 'object', additionalProperties: { type: 'string' } } }),
      'name its properties',
    ],
    ['an object of anything', object({ a: { type: 'object' } }), 'name its properties'],
    ['no type', object({ a: { description: 'Anything' } }), 'needs a type'],
    ['a boolean', object({ a: true }), 'any value or none'],
    ['a condition', object({ a: { type: 'string' } }, { if: {} }), 'takes no if'],
    ['a tuple', object({ a: { type: 'array', prefixItems: [] } }), 'takes no prefixItems'],
    [
      'a bound beside a reference',
      object({ a: { $ref: '#/$defs/b', minimum: 1 } }, { $defs: { b: { type: 'number' } } }),
      'beside a $ref',
    ],
    ['itself', object({ next: { $ref: '#' } }), 'refer neither to itself'],
    [
      'a definition that refers to itself by another',
      object(
        { a: { $ref: '#/$defs/a' } },
        { $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { anyOf: [{ $ref: '#/$defs/a' }] } } },
      ),
      'refer neither to itself',
    ],
    ['another document', object({ a: { $ref: 'https://example.com/schema' } }), 'refer neither to itself'],
  ])('with %s cannot be kept to', (_, schema, problem) => {
    const { problems } = adaptSchema(schema as Record<string, unknown>);

    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});
