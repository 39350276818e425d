import { documentType } from '../document-type.ts';
import type { DocumentTable } from '../document.ts';
import type { RoutePolicy } from '../policy.ts';

/*
 * | pattern      | key                                      | called by                     |
 * |--------------|------------------------------------------|-------------------------------|
 * | getRoute …   | `workspace#<workspace>` / `route#<alias>` | admin API                     |
 * | listRoutes   | `workspace#<workspace>`                  | admin API, publication, erase |
 */

export interface RouteRecord extends RoutePolicy {
  /** The alias that requests name as their model. */
  readonly name: string;
  readonly workspace: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const routes = documentType<RouteRecord, string>({
  partitionOf: (workspace) => `workspace#${workspace}`,
  prefix: 'route#',
  nameOf: ({ name }) => name,
});

export const { get: getRoute, remove: deleteRoute, list: listRoutes, iterate: iterateRoutes } = routes;

export const createRoute = (control: DocumentTable, record: RouteRecord): Promise<boolean> =>
  routes.create(control, record.workspace, record);

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceRoute = (
  control: DocumentTable,
  record: RouteRecord,
  version: number,
): Promise<number | undefined> => routes.replace(control, record.workspace, record, version);
