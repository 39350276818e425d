import * as z from 'zod';

/**
 * What an operator has already and wants used in place of something new, in the region of the deployment. Tables are named, not
 * given by ARN: they lie in the account and region of the stack. That their keys, TTL attribute and stream are those of
 * `lambdas/store/tables.ts` is for the operator to see to (`docs/variants.md`): nothing at synth or in CloudFormation looks at them.
 */

/** One resource, not a pattern of several: what is given here becomes the resource of a grant. */
const keyArn = z.string().regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'must be the ARN of a KMS key');
const streamArn = z
  .string()
  .regex(
    /^arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table\/[\w.-]+\/stream\/[\w:.-]+$/,
    'must be the ARN of a table\u2019s stream, which shows new images',
  );

const table = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a table'),
  /** Key that the table is encrypted with, unless that is DynamoDB's own. */
  keyArn: keyArn.exactOptional(),
});

const requestsTable = table
  .extend({ streamArn })
  .refine(({ name, streamArn: stream }) => stream.split(/[:/]/)[6] === name, {
    path: ['streamArn'],
    message: 'must be of the stream of the table of this name',
  });

const tables = z
  .strictObject({
    policy: table.exactOptional(),
    meter: table.exactOptional(),
    requests: requestsTable.exactOptional(),
    vault: table.exactOptional(),
    evidence: table.exactOptional(),
    usage: table.exactOptional(),
    control: table.exactOptional(),
    audit: table.exactOptional(),
  })
  .refine(
    (named) => new Set(Object.values(named).map(({ name }) => name)).size === Object.keys(named).length,
    'must not name one table for two uses',
  );

const everything = z.strictObject({
  /** Wraps the data keys of provider credentials. Its key policy stays as it is: it gets no Deny for other principals. */
  vaultKeyArn: keyArn.exactOptional(),
  /** Encrypts the new tables of the data plane. */
  tableKeyArn: keyArn.exactOptional(),
  /** Encrypts the new tables of the control plane. */
  controlTableKeyArn: keyArn.exactOptional(),
  tables: tables.prefault({}),
});

export type ExistingSettings = z.infer<typeof everything>;
export type ExistingTableSettings = z.infer<typeof table> & { readonly streamArn?: string };

export const existingSettings = everything.refine(
  (existing) => existing.vaultKeyArn === undefined || !tableKeysOf(existing).includes(existing.vaultKeyArn),
  { path: ['vaultKeyArn'], message: 'must not be the key of a table: the control plane may not decrypt with it' },
);

/** Regions of everything that is named by an ARN. */
export function regionsOfExisting(existing: ExistingSettings): string[] {
  const arns = [existing.vaultKeyArn, ...tableKeysOf(existing), existing.tables.requests?.streamArn];
  return arns.flatMap((arn) => arn?.split(':')[3] ?? []);
}

function tableKeysOf({ tableKeyArn, controlTableKeyArn, tables: named }: ExistingSettings): string[] {
  const keys = [tableKeyArn, controlTableKeyArn, ...Object.values(named).map((one) => one.keyArn)];
  return keys.filter((key) => key !== undefined);
}
