import {
  createDocument,
  deleteDocument,
  type DocumentKey,
  type DocumentPage,
  type DocumentTable,
  getDocument,
  iterateDocuments,
  listDocuments,
  replaceDocument,
  type Stored,
} from './document.ts';

/** One type of item that several of a parent (an organization, a workspace) have, in the parent's partition. */
interface DocumentType<Value, Parent> {
  get(documents: DocumentTable, parent: Parent, name: string): Promise<Stored<Value> | undefined>;
  /** False where it exists. */
  create(documents: DocumentTable, parent: Parent, value: Value): Promise<boolean>;
  /** The new version, or `undefined` where somebody else changed it since. */
  replace(documents: DocumentTable, parent: Parent, value: Value, version: number): Promise<number | undefined>;
  /** With a version only if it still has that (0: only if there is none); says whether it is gone. */
  remove(documents: DocumentTable, parent: Parent, name: string, version?: number): Promise<boolean>;
  /** In the order of their names; `after` is the `next` of the page before. */
  list(
    documents: DocumentTable,
    parent: Parent,
    page: { limit: number; after?: string | undefined },
  ): Promise<DocumentPage<Value>>;
  iterate(documents: DocumentTable, parent: Parent): AsyncGenerator<Stored<Value>>;
}

/** The access patterns that all such items share; what an item is and what its patterns are called is in `control/`. */
export function documentType<Value, Parent>(type: {
  readonly partitionOf: (parent: Parent) => string;
  /** What its sort keys begin with. */
  readonly prefix: string;
  /** What tells it from others of the same parent. */
  readonly nameOf: (value: Value) => string;
}): DocumentType<Value, Parent> {
  const { partitionOf, prefix, nameOf } = type;
  const keyOf = (parent: Parent, name: string): DocumentKey => ({ pk: partitionOf(parent), sk: prefix + name });
  return {
    get: (documents, parent, name) => getDocument(documents, keyOf(parent, name)),
    create: (documents, parent, value) => createDocument(documents, keyOf(parent, nameOf(value)), value),
    replace: (documents, parent, value, version) =>
      replaceDocument(documents, keyOf(parent, nameOf(value)), value, version),
    remove: (documents, parent, name, version) => deleteDocument(documents, keyOf(parent, name), version),
    list: (documents, parent, page) => listDocuments(documents, { pk: partitionOf(parent), prefix }, page),
    iterate: (documents, parent) => iterateDocuments(documents, { pk: partitionOf(parent), prefix }),
  };
}
