import { createDocument, type DocumentKey, type DocumentTable, getDocument, replaceDocument } from '../document.ts';

/*
 * | pattern                           | key                              | called by                 |
 * |-----------------------------------|----------------------------------|---------------------------|
 * | getEndpointReport, putEndpointReport | `platform` / `endpoint#<region>` | GET /endpoints, reconcile |
 */

/** What the last comparison of a data plane's policy with the control plane found; it was mended at once. */
export interface EndpointReport {
  readonly region: string;
  readonly status: 'fresh' | 'repaired' | 'unreachable';
  readonly items: number;
  readonly missing: number;
  readonly stale: number;
  readonly foreign: number;
  /** ISO 8601 UTC. */
  readonly comparedAt: string;
}

const keyOf = (region: string): DocumentKey => ({ pk: 'platform', sk: `endpoint#${region}` });

export async function getEndpointReport(control: DocumentTable, region: string): Promise<EndpointReport | undefined> {
  return (await getDocument<EndpointReport>(control, keyOf(region)))?.value;
}

export async function putEndpointReport(control: DocumentTable, report: EndpointReport): Promise<void> {
  const key = keyOf(report.region);
  const current = await getDocument<EndpointReport>(control, key);
  if (current === undefined) await createDocument(control, key, report);
  else await replaceDocument(control, key, report, current.version);
}
