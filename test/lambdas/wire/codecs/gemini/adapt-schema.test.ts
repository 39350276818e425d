import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptSchema } from '../../../../../lambdas/wire/codecs/gemini/adapt-schema.ts';
import { CopyBudget } from '../../../../../lambdas/wire/codecs/gemini/copy-budget.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';
import { claudeCodeTools, geminiCliTools } from './cli-tools.ts';

function adapt(schema: Record<string, unknown>) {
  const unenforced: string[] = [];
  const adapted = adaptSchema(schema, {
    path: 's',
    onUnenforced: (path) => unenforced.push(path),
    copies: new CopyBudget(),
  });
  return { adapted, unenforced };
}

/** Every keyword of a schema and of those inside. */
function keywordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keywordsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const isNamed = name === 'properties' || name === '$defs';
    return [name, ...(isNamed ? Object.values(member as object).flatMap(keywordsOf) : keywordsOf(member))];
  });
}

const taken = new Set(
  ['type', 'title', 'description', 'enum', 'format', 'items', 'prefixItems', 'minItems', 'maxItems', 'minimum'].concat([
    'maximum',
    'anyOf',
    'oneOf',
    'properties',
    'additionalProperties',
    'required',
    'propertyOrdering',
    '$ref',
    '$defs',
  ]),
);

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ['a constant', { const: 'a' }, { type: 'string', enum: ['a'] }],
  ['a constant number', { type: 'integer', const: 1 }, { type: 'integer', enum: [1] }],
  ['null', { const: null }, { type: 'null' }],
  [
    'null in an enumeration',
    { type: ['string', 'null'], enum: ['a', null], description: 'D' },
    { anyOf: [{ description: 'D', type: 'string', enum: ['a'] }, { type: 'null' }] },
  ],
  ['several types', { type: ['string', 'null'] }, { type: ['string', 'null'] }],
  ['OpenAPI’s nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
  ['nullable false', { type: 'string', nullable: false }, { type: 'string' }],
  [
    'a whole number above',
    { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
    { type: 'integer', minimum: 1, maximum: 9 },
  ],
  [
    'parts of one schema',
    {
      allOf: [
        { properties: { a: {} }, required: ['a'] },
        { properties: { b: {} }, required: ['b'] },
      ],
    },
    { properties: { a: {}, b: {} }, required: ['a', 'b'] },
  ],
  [
    'a tuple of older drafts',
    { items: [{ type: 'string' }], additionalItems: false },
    { prefixItems: [{ type: 'string' }], description: undefined },
  ],
  [
    'annotations',
    { $schema: 's', $id: 'i', $comment: 'c', examples: [1], strict: true, type: 'object' },
    { type: 'object' },
  ],
  ['any value', { properties: { a: true } }, { properties: { a: {} } }],
  ['a format it knows', { type: 'string', format: 'date-time' }, { type: 'string', format: 'date-time' }],
])('%s is said in keywords that Gemini takes', (_, schema, expected) => {
  const { adapted } = adapt(schema);

  expect(adapted).toMatchObject(
    Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
  );
  expect(keywordsOf(adapted).filter((keyword) => !taken.has(keyword))).toEqual([]);
});

test.each<[Record<string, unknown>, string]>([
  [{ type: 'string', pattern: '^a' }, 's.pattern'],
  [{ type: 'string', format: 'uri' }, 's.format'],
  [{ type: 'number', exclusiveMinimum: 0 }, 's.exclusiveMinimum'],
  [{ enum: [true] }, 's.enum'],
  [{ patternProperties: { '^a': { type: 'string' } } }, 's.patternProperties'],
  [{ not: { type: 'string' } }, 's.not'],
  [{ allOf: [{ minimum: 1 }, { minimum: 2 }] }, 's.allOf'],
  [{ $ref: 'https://example.com/s.json' }, 's.$ref'],
])('what Gemini lacks is put in words and reported: %j', (schema, path) => {
  const { adapted, unenforced } = adapt({ ...schema, description: 'D' });

  const [keyword = ''] = path.split('.').slice(1);
  expect(unenforced).toEqual([path]);
  expect(adapted['description']).toBe(`D\nJSON Schema: ${JSON.stringify({ [keyword]: schema[keyword] })}`);
  expect(adapted).not.toHaveProperty([keyword]);
});

test.each([
  [
    { description: 'D', anyOf: [{ type: 'string' }, { type: 'null' }] },
    { anyOf: [{ type: 'string', description: 'D' }, { type: 'null' }] },
  ],
  [
    { type: 'string', anyOf: [{ enum: ['a'] }, { type: 'string', enum: ['b'] }] },
    {
      anyOf: [
        { type: 'string', enum: ['a'] },
        { type: 'string', enum: ['b'] },
      ],
    },
  ],
  [
    { title: 'T', anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }], $defs: { a: { type: 'string' } } },
    { anyOf: [{ $ref: '#/$defs/a' }, { type: 'null', description: 'T' }], $defs: { a: { type: 'string' } } },
  ],
  [
    { $ref: '#/$defs/a', maximum: 5, description: 'D', $defs: { a: { type: 'number', title: 'A' } } },
    { type: 'number', title: 'A', maximum: 5, description: 'D' },
  ],
  [
    { $ref: '#/$defs/a', maximum: 5, $defs: { a: { maximum: 6 } } },
    { anyOf: [{ $ref: '#/$defs/a' }], description: 'JSON Schema: {"maximum":5}', $defs: { a: { maximum: 6 } } },
  ],
  [
    { properties: { a: {} }, anyOf: [{ required: ['a'] }] },
    { properties: { a: {} }, description: 'JSON Schema: {"anyOf":[{"required":["a"]}]}' },
  ],
])(
  'beside references and alternatives as little as possible is said, since Vertex AI refuses it: %j',
  (schema, expected) => {
    expect(adapt(schema).adapted).toEqual(expected);
  },
);

test('definitions that refer to each other again and again do not grow without end', () => {
  const names = Array.from({ length: 40 }, (_, index) => `d${index}`);
  const $defs = Object.fromEntries(
    names.map((name, index) => {
      const next = { $ref: `#/$defs/d${(index + 1) % names.length}`, description: 'D' };
      return [name, { type: 'object', properties: { one: next, other: next } }];
    }),
  );

  const { adapted } = adapt({ properties: { first: { $ref: '#/$defs/d0', description: 'D' } }, $defs });

  expect(JSON.stringify(adapted).length).toBeLessThan(100_000);
});

test('a default is told, and is no constraint', () => {
  expect(adapt({ type: 'number', default: 5 })).toEqual({
    adapted: { type: 'number', description: 'JSON Schema: {"default":5}' },
    unenforced: [],
  });
});

test('references lead to definitions, of older drafts and of the schema itself too', () => {
  const node = { type: 'object', properties: { next: { $ref: '#/definitions/node' }, all: { $ref: '#' } } };

  const { adapted, unenforced } = adapt({
    type: 'object',
    definitions: { node: { ...node, properties: { ...node.properties, id: { const: 'x' } } } },
    properties: { first: { $ref: '#/definitions/node', description: 'Where it begins' } },
  });

  expect(unenforced).toEqual([]);
  expect(adapted).toMatchObject({
    properties: {
      first: { description: 'Where it begins', properties: { next: { $ref: '#/$defs/node' }, id: { enum: ['x'] } } },
    },
    $defs: {
      node: { properties: { next: { $ref: '#/$defs/node' }, all: { $ref: '#/$defs/root' }, id: { enum: ['x'] } } },
      root: { type: 'object', properties: { first: {} } },
    },
  });
  expect(adapted).not.toHaveProperty('definitions');
});

test.each([...claudeCodeTools, ...geminiCliTools].map((tool) => [tool.name, tool] as const))(
  'the schema of %s, as a coding agent sends it, keeps all that it says',
  (_, { schema }) => {
    const { adapted } = adapt(schema);

    const text = JSON.stringify(adapted).replaceAll('\\', '');
    expect(keywordsOf(adapted).filter((keyword) => !taken.has(keyword))).toEqual([]);
    for (const name of Object.keys(schema['properties'] ?? {})) expect(text).toContain(`"${name}"`);
    for (const keyword of keywordsOf(schema).filter(
      (name) => !['$schema', 'const', 'exclusiveMinimum', 'definitions'].includes(name),
    )) {
      expect(text).toContain(`"${keyword}"`);
    }
  },
);

test('no schema makes it throw anything but a WireError', () => {
  const names = [
    'type',
    'properties',
    'items',
    'anyOf',
    'allOf',
    '$ref',
    '$defs',
    'enum',
    'const',
    'nullable',
    'format',
  ];
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>('string', 'integer', '#', '#/$defs/a', '#/properties/items', null, true, false, 1),
      fc.array(tie('schema'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('schema'), { maxKeys: 4 }),
    ),
  }));

  fc.assert(
    fc.property(schema, (value) => {
      try {
        adapt({ properties: value, items: value, $defs: { a: value } });
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 1000 },
  );
});
