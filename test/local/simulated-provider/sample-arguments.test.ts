import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { sampleArguments } from '../../../local/simulated-provider/sample-arguments.ts';

/** Tools of the shapes people declare; zod is both the source of the JSON schema and the judge of the arguments. */
const toolSchemas = fc
  .dictionary(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((name) => !(name in {})),
    fc.letrec<{ type: z.ZodType; leaf: z.ZodType }>((tie) => ({
      type: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('leaf'),
        tie('type').map((type) => z.array(type).min(2)),
        tie('type').map((type) => z.object({ inner: type, other: type.optional() })),
        fc.tuple(tie('type'), tie('type')).map((types) => z.union(types)),
        tie('type').map((type) => z.intersection(z.object({ left: type }), z.object({ right: type }))),
      ),
      leaf: fc.oneof(
        fc.tuple(fc.nat(40), fc.nat(40)).map(([least, more]) =>
          z
            .string()
            .min(least)
            .max(least + more),
        ),
        fc.tuple(fc.integer(), fc.nat(9)).map(([least, more]) =>
          z
            .int()
            .min(least)
            .max(least + more),
        ),
        fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 })).map(([above, more]) =>
          z
            .number()
            .gt(above / 10)
            .lt((above + more) / 10),
        ),
        fc.integer({ min: 1, max: 60 }).map((step) =>
          z
            .int()
            .multipleOf(step)
            .min(step * 3 + 1),
        ),
        fc.constantFrom(z.boolean(), z.null(), z.email(), z.url(), z.uuid(), z.iso.datetime(), z.iso.date(), z.ipv4()),
        fc.string({ unit: 'grapheme' }).map((value) => z.literal(value)),
        fc.constant(z.enum(['first', 'second'])),
      ),
    })).type,
  )
  .map((shape) => z.object(shape));

it('fits any schema that a tool is likely to declare', () => {
  fc.assert(
    fc.property(toolSchemas, (schema) => {
      const value = sampleArguments(z.toJSONSchema(schema));

      expect(schema.safeParse(value).error).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

it('follows references, and ends where a schema refers to itself', () => {
  type Tree = { name: string; children?: Tree[] | undefined; next: Tree | null };
  const tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get children() {
      return z.array(tree).optional();
    },
    get next() {
      return tree.nullable();
    },
  });

  const value = sampleArguments(z.toJSONSchema(tree));

  expect(tree.parse(value).next?.next?.name).toBe('sample name');
});

it('answers a schema that nothing fits, in a bounded way', () => {
  const branches = Object.fromEntries(Array.from('abcdef', (name) => [name, { $ref: '#' }]));
  const endless = { type: 'object', properties: branches, required: Object.keys(branches) };
  const long = { type: 'array', minItems: 1e12, items: { type: 'string', minLength: 1e12 } };

  const value = sampleArguments({ ...endless, properties: { ...branches, a: long } });

  expect(JSON.stringify(value).length).toBeLessThan(2e7);
});

it.each([undefined, true, 'text', { type: 'string' }])('makes an empty object where the schema is %j', (schema) => {
  const value = sampleArguments(schema);

  expect(value).toEqual({});
});
