import {
  createRoute,
  deleteRoute,
  getRoute,
  iterateRoutes,
  listRoutes,
  replaceRoute,
  type RouteRecord,
} from '../../../store/control/route.ts';
import { organizationMeterId } from '../../../store/meter-administration.ts';
import { getMeter } from '../../../store/meter.ts';
import { getPolicy, workspacePolicyId, type WorkspacePolicy } from '../../../store/policy.ts';
import type { ResponseOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import { publishWorkspace } from '../../publication/publish.ts';
import type { Place } from '../../publication/workspace-sources.ts';
import { changeRecord } from '../change.ts';
import type { Context, Handlers } from '../context.ts';
import { deleteRecord } from '../delete-record.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { invalidRequest, notFound } from '../problem.ts';
import { readPage } from '../read-page.ts';
import { fitsOnePolicy } from './policy-size.ts';
import { targetFaults } from './target-faults.ts';

type Ids = 'putRoute' | 'listRoutes' | 'getRoute' | 'deleteRoute';

export const routeHandlers: Handlers<Ids> = {
  async putRoute(context) {
    const { deps, workspace, parameters, body } = context;
    const [place, name] = [placeOf(context), parameters.route];
    const faults = await targetFaults(deps.control, body);
    if (faults.length > 0) throw invalidRequest(...faults);
    await assertRoutesFit(context);
    const stored = await changeRecord<RouteRecord>(context, {
      read: () => getRoute(deps.control, place.workspace, name),
      build: () => ({ name, workspace: workspace.value.id, ...body }),
      create: (record) => createRoute(deps.control, record),
      replace: (record, version) => replaceRoute(deps.control, record, version),
      describe: (before, after) => ({
        action: before === undefined ? 'route.create' : 'route.update',
        target: `route/${place.workspace}/${name}`,
        ...(before !== undefined && { before: viewRoute(before) }),
        after: viewRoute(after),
      }),
    });
    await publishWorkspace(deps, place);
    return { body: viewRoute(stored.value), version: stored.version };
  },

  async listRoutes({ deps, workspace, query }) {
    const { items, nextCursor } = await readPage((page) => listRoutes(deps.control, workspace.value.id, page), query);
    return { body: { data: items.map(({ value }) => viewRoute(value)), nextCursor } };
  },

  async getRoute({ deps, workspace, parameters }) {
    const stored = await getRoute(deps.control, workspace.value.id, parameters.route);
    if (stored === undefined) throw notFound();
    return { body: viewRoute(stored.value), version: stored.version };
  },

  async deleteRoute(context) {
    const { deps, parameters } = context;
    const [place, name] = [placeOf(context), parameters.route];
    await deleteRecord<RouteRecord>(context, {
      read: () => getRoute(deps.control, place.workspace, name),
      remove: (version) => deleteRoute(deps.control, place.workspace, name, version),
      isInForce: () => isInForce(deps, place, name),
      describe: (before) => ({
        action: 'route.delete',
        target: `route/${place.workspace}/${name}`,
        before: viewRoute(before),
      }),
    });
    await publishWorkspace(deps, place);
    return { body: undefined };
  },
};

/**
 * Whether data planes may still follow the route: their policy has it, or is newer than what they have been told to read. (Cached
 * copies end when the organization's meter carries the policy's version.)
 */
async function isInForce(
  { dataPlanes }: ControlPlaneDependencies,
  { organization, workspace }: Place,
  name: string,
): Promise<boolean> {
  const answers = await Promise.all(
    dataPlanes.map(async ({ store, tables }) => {
      const policy = await getPolicy<WorkspacePolicy>(store, tables.policy, workspacePolicyId(workspace));
      if (policy === undefined) return false;
      const meter = await getMeter({ store, table: tables.meter }, organizationMeterId(organization));
      return Object.hasOwn(policy.routes, name) || (meter?.policyVersion ?? 0) < policy.version;
    }),
  );
  return answers.includes(true);
}

type RouteView = ResponseOf<Operations['getRoute']>;

/** A record is what the API shows; the contract's lists are not read-only. */
function viewRoute(record: RouteRecord): RouteView {
  return structuredClone(record) as RouteView;
}

function placeOf({ organization, workspace }: Context<'putRoute'> | Context<'deleteRoute'>): Place {
  return { organization: organization.value.id, workspace: workspace.value.id };
}

/** @throws Problem 400. */
async function assertRoutesFit({ deps, workspace, parameters, body }: Context<'putRoute'>): Promise<void> {
  const records: object[] = [body];
  for await (const { value } of iterateRoutes(deps.control, workspace.value.id)) {
    if (value.name !== parameters.route) records.push(value);
  }
  if (fitsOnePolicy(records)) return;
  const message = 'must be fewer: all routes of the workspace together are more than one policy holds';
  throw invalidRequest({ field: 'body.targets', message });
}
