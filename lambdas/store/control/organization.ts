import {
  createDocument,
  deleteDocument,
  type DocumentKey,
  type DocumentTable,
  getDocument,
  iterateDocuments,
  raiseCounter,
  readCounter,
  replaceDocument,
  type Stored,
} from '../document.ts';
import type { Budget, Limits } from '../policy.ts';

/*
 * | pattern              | key                                | called by              |
 * |----------------------|------------------------------------|------------------------|
 * | getOrganization …    | `organizations` / `<id>`           | admin API, publication |
 * | iterateOrganizations | `organizations`                    | operator, reconcile    |
 * | raisePolicyVersion   | the same item, `policyVersion`     | publication            |
 */

export interface OrganizationRecord {
  readonly id: string;
  readonly name: string;
  readonly billing: 'postpaid' | 'prepaid';
  readonly retentionDays: number;
  readonly zeroRetention: boolean;
  readonly regions?: readonly string[];
  readonly limits?: Limits;
  readonly budget?: Budget;
  /**
   * `deleting`: its policy is withdrawn and it is being erased. `deleted`: everything is gone; the item, id and dates only,
   * stays for a while so that stragglers (a request that was under way) are found and erased too.
   */
  readonly status: 'active' | 'deleting' | 'deleted';
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

const pk = 'organizations';
const counter = 'policyVersion';
const keyOf = (id: string): DocumentKey => ({ pk, sk: id });

export const getOrganization = (control: DocumentTable, id: string): Promise<Stored<OrganizationRecord> | undefined> =>
  getDocument(control, keyOf(id));

export const createOrganization = (control: DocumentTable, record: OrganizationRecord): Promise<boolean> =>
  createDocument(control, keyOf(record.id), record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceOrganization = (
  control: DocumentTable,
  record: OrganizationRecord,
  version: number,
): Promise<number | undefined> => replaceDocument(control, keyOf(record.id), record, version);

export const deleteOrganization = (control: DocumentTable, id: string): Promise<boolean> =>
  deleteDocument(control, keyOf(id));

/** In the order of their ids, whatever their status; with `after` only those after that id. */
export const iterateOrganizations = (
  control: DocumentTable,
  after?: string,
): AsyncGenerator<Stored<OrganizationRecord>> => iterateDocuments(control, { pk, prefix: '' }, after);

/** Draws the next version of the policy of this organization and its workspaces; `undefined` where it is gone. */
export const raisePolicyVersion = (control: DocumentTable, id: string): Promise<number | undefined> =>
  raiseCounter(control, keyOf(id), { counter, mustExist: true });

export const getPolicyVersion = (control: DocumentTable, id: string): Promise<number> =>
  readCounter(control, keyOf(id), counter);
