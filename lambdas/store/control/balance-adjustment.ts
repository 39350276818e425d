import { createDocument, deleteDocument, type DocumentKey, type DocumentTable, getDocument } from '../document.ts';

/*
 * | pattern                 | key                                     | called by         |
 * |-------------------------|-----------------------------------------|-------------------|
 * | createBalanceAdjustment | `org#<organization>` / `adjustment#<id>` | admin API         |
 * | getBalanceAdjustment    | the same                                | reconcile         |
 * | deleteBalanceAdjustment | the same                                | admin API         |
 */

export interface BalanceAdjustmentRecord {
  readonly id: string;
  readonly organization: string;
  readonly amountMicroUsd: number;
  readonly reason: string;
  readonly createdAt: string;
}

const prefix = 'adjustment#';
const keyOf = (organization: string, id: string): DocumentKey => ({ pk: `org#${organization}`, sk: prefix + id });

/** The record with this id: this one, or the one that was there before. */
export async function createBalanceAdjustment(
  control: DocumentTable,
  record: BalanceAdjustmentRecord,
): Promise<BalanceAdjustmentRecord> {
  const key = keyOf(record.organization, record.id);
  if (await createDocument(control, key, record)) return record;
  return (await getDocument<BalanceAdjustmentRecord>(control, key))?.value ?? record;
}

export async function getBalanceAdjustment(
  control: DocumentTable,
  organization: string,
  id: string,
): Promise<BalanceAdjustmentRecord | undefined> {
  return (await getDocument<BalanceAdjustmentRecord>(control, keyOf(organization, id)))?.value;
}

/** For one that was refused. */
export const deleteBalanceAdjustment = (control: DocumentTable, organization: string, id: string): Promise<boolean> =>
  deleteDocument(control, keyOf(organization, id));
