import type { CatalogModel } from './model.ts';

/** One row for each id under which a provider serves the same model: the name, its dated snapshots, its documented aliases. */
export function rows(ids: readonly string[], facts: Omit<CatalogModel, 'id'>): CatalogModel[] {
  return ids.map((id) => ({ id, ...facts }));
}
