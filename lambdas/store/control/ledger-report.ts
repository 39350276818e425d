import { createDocument, type DocumentKey, type DocumentTable, getDocument, replaceDocument } from '../document.ts';

/*
 * | pattern                          | key                            | called by |
 * |----------------------------------|--------------------------------|-----------|
 * | getLedgerReport, putLedgerReport | `platform` / `ledger#<region>` | reconcile |
 */

/** An organization whose meter disagrees with its request records. */
export interface MeterDrift {
  readonly organization: string;
  /** What the meter says was spent, less what the records add up to, micro-USD: below zero, a charge is missing on the meter. */
  readonly driftMicroUsd: number;
}

/** What the last comparisons of a data plane's meters with its request records found. */
export interface LedgerReport {
  readonly region: string;
  /** ISO 8601 UTC; organizations whose turn came later are compared next. */
  readonly comparedAt: string;
  /** Known ones, so that each is reported when it appears or changes and not every day. */
  readonly drifts: readonly MeterDrift[];
}

const keyOf = (region: string): DocumentKey => ({ pk: 'platform', sk: `ledger#${region}` });

/** @throws StoreError */
export async function getLedgerReport(control: DocumentTable, region: string): Promise<LedgerReport | undefined> {
  return (await getDocument<LedgerReport>(control, keyOf(region)))?.value;
}

/**
 * Of two runs at a time one writes; the other one's findings come up again a day later.
 *
 * @throws StoreError
 */
export async function putLedgerReport(control: DocumentTable, report: LedgerReport): Promise<void> {
  const key = keyOf(report.region);
  const current = await getDocument<LedgerReport>(control, key);
  if (current === undefined) await createDocument(control, key, report);
  else await replaceDocument(control, key, report, current.version);
}
