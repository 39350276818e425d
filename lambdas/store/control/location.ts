import { createDocument, deleteDocument, type DocumentKey, type DocumentTable, getDocument } from '../document.ts';

/*
 * Which tenant a bare id belongs to.
 *
 * | pattern      | key                                        | called by                    |
 * |--------------|--------------------------------------------|------------------------------|
 * | getLocation  | `workspace#<id>` or `key#<id>` / `location` | every request that names one |
 *
 * Written before the thing itself and deleted after it: alone it leads to nothing.
 */

export interface Location {
  readonly organization: string;
  readonly workspace: string;
}

const keyOf = (kind: 'workspace' | 'key', id: string): DocumentKey => ({ pk: `${kind}#${id}`, sk: 'location' });

export async function getLocation(
  control: DocumentTable,
  kind: 'workspace' | 'key',
  id: string,
): Promise<Location | undefined> {
  return (await getDocument<Location>(control, keyOf(kind, id)))?.value;
}

/** Idempotent: ids are never given twice. */
export const putLocation = (
  control: DocumentTable,
  kind: 'workspace' | 'key',
  id: string,
  location: Location,
): Promise<boolean> => createDocument(control, keyOf(kind, id), location);

export const deleteLocation = (control: DocumentTable, kind: 'workspace' | 'key', id: string): Promise<boolean> =>
  deleteDocument(control, keyOf(kind, id));
