import type * as z from 'zod';
import {
  createOrganization,
  getOrganization,
  type OrganizationRecord,
  replaceOrganization,
} from '../../../store/control/organization.ts';
import type { DocumentTable, Stored } from '../../../store/document.ts';
import { organizationMeterId } from '../../../store/meter-administration.ts';
import { getMeter } from '../../../store/meter.ts';
import type { organization as organizationSchema } from '../../contract/organizations.ts';
import { eraseOrganization } from '../../erase/erase-organization.ts';
import { eraseMs } from '../../erase/erasure.ts';
import { publishOrganization } from '../../publication/publish.ts';
import { changeStored } from '../change.ts';
import type { Context, Handlers, Result } from '../context.ts';
import { requireCreatedFromSame } from '../created-before.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { conflict, invalidRequest, Problem } from '../problem.ts';
import { applyPatch } from './apply-patch.ts';
import { takeName, takeNewName, type UniqueName } from './unique-name.ts';
import { visibleOrganizations } from './visible-organizations.ts';

const defaults = { billing: 'postpaid', retentionDays: 90, zeroRetention: false } as const;
/** Members that are the platform's to grant, so that no tenant can raise its own. */
const granted = ['billing', 'limits', 'budget'] as const;

export const organizationHandlers: Handlers<
  'createOrganization' | 'listOrganizations' | 'getOrganization' | 'updateOrganization' | 'deleteOrganization'
> = {
  /**
   * Order: name, audit entry, record, policy. Repeated after a crash it finds the name and the record to be its own. Repeated
   * after the organization was deleted it leaves nothing: neither a name nor an entry in a trail that has come to its end.
   */
  async createOrganization(context) {
    const { deps, body } = context;
    requireKnownRegions(body.regions, deps);
    const id = context.newId('org');
    const at = new Date(context.now).toISOString();
    const record: OrganizationRecord = { id, ...defaults, ...body, status: 'active', createdAt: at, updatedAt: at };

    requireNotDeleted(await getOrganization(deps.control, id));
    await takeName(deps.control, nameOfOrganization(id, deps.control), record.name);
    const shown = showOrganization(record);
    await context.audit({ action: 'organization.create', target: `organization/${id}`, after: shown, chain: id });
    const stored = await createOrFind(deps.control, record);
    await publishOrganization(deps, id);
    return { body: showOrganization(stored.value), version: stored.version };
  },

  async listOrganizations(context) {
    const { limit, cursor } = context.query;
    const data: OrganizationRecord[] = [];
    for await (const organization of visibleOrganizations(context, 'organization:read', afterOf(cursor))) {
      // One more than asked for shows that there are more.
      if (data.length === limit) return listed(data, data.at(-1)?.id);
      data.push(organization);
    }
    return listed(data, undefined);
  },

  async getOrganization({ deps, organization: { value, version } }) {
    const balance = value.billing === 'prepaid' ? { balanceMicroUsd: await readBalance(deps, value.id) } : {};
    return { body: { ...showOrganization(value), ...balance }, version };
  },

  async updateOrganization(context) {
    const { deps, body } = context;
    if (granted.some((name) => body[name] !== undefined)) await context.require('organization:grant');
    requireKnownRegions(body.regions, deps);
    const { id } = context.organization.value;
    const stored = await changeStored(
      context.ifMatch,
      () => getUndeleted(deps.control, id, ['active']),
      (current) => update(context, current),
    );
    await publishOrganization(deps, id);
    return { body: showOrganization(stored.value), version: stored.version };
  },

  /**
   * Order: audit entry, mark, erase. The mark makes every later step the work of `eraseOrganization`, which any later call (and
   * reconcile) takes up where it was left.
   */
  async deleteOrganization(context) {
    const { id } = context.organization.value;
    await markDeleting(context);
    const outcome = await eraseOrganization(context.deps, id, context.now + eraseMs);
    return outcome === 'erased' ? { body: undefined } : { body: undefined, status: 202 };
  },
};

type Shown = z.output<typeof organizationSchema>;

/** The balance is kept in the home region. */
async function readBalance({ dataPlanes: [home] }: ControlPlaneDependencies, organization: string): Promise<number> {
  const meter = await getMeter({ store: home.store, table: home.tables.meter }, organizationMeterId(organization));
  return meter?.balanceMicroUsd ?? 0;
}

/** As the API shows it. An organization that is `deleted` is shown nowhere. */
function showOrganization({ status, regions, ...record }: OrganizationRecord): Shown {
  return {
    ...record,
    status: status === 'active' ? 'active' : 'deleting',
    ...(regions !== undefined && { regions: [...regions] }),
  };
}

function listed(data: readonly OrganizationRecord[], next: string | undefined): Result<'listOrganizations'> {
  return { body: { data: data.map(showOrganization), nextCursor: encodeCursor(next) } };
}

/** @throws Problem 400 */
function afterOf(cursor: string | undefined): string | undefined {
  const after = decodeCursor(cursor);
  if (after === '')
    throw invalidRequest({ field: 'query.cursor', message: 'must be the nextCursor of an answer before' });
  return after;
}

/** @throws Problem 400 naming each region that has no data plane. */
function requireKnownRegions(
  regions: readonly string[] | null | undefined,
  { dataPlanes }: ControlPlaneDependencies,
): void {
  const known = dataPlanes.map(({ region }) => region);
  const errors = (regions ?? []).flatMap((region, index) =>
    known.includes(region)
      ? []
      : [{ field: `body.regions.${index}`, message: `must be a region with a data plane: ${known.join(', ')}` }],
  );
  if (errors.length > 0) throw invalidRequest(...errors);
}

function nameOfOrganization(owner: string, control: DocumentTable): UniqueName {
  const nameOf = async (other: string) => (await getUndeleted(control, other, ['active', 'deleting']))?.value.name;
  return { scope: { kind: 'organization' }, owner, nameOf };
}

async function getUndeleted(
  control: DocumentTable,
  id: string,
  statuses: readonly OrganizationRecord['status'][],
): Promise<Stored<OrganizationRecord> | undefined> {
  const stored = await getOrganization(control, id);
  return stored !== undefined && statuses.includes(stored.value.status) ? stored : undefined;
}

async function createOrFind(control: DocumentTable, record: OrganizationRecord): Promise<Stored<OrganizationRecord>> {
  if (await createOrganization(control, record)) return { value: record, version: 1 };
  const stored = await getOrganization(control, record.id);
  if (stored === undefined) throw conflict();
  requireNotDeleted(stored);
  requireCreatedFromSame(stored.value, record);
  return stored;
}

/** @throws Problem 409 */
function requireNotDeleted(stored: Stored<OrganizationRecord> | undefined): void {
  if (stored === undefined || stored.value.status === 'active') return;
  throw new Problem('being_deleted', 409, 'The organization that this Idempotency-Key made is being deleted, or was.');
}

/** Order: the new name, audit entry, record, the old name. */
async function update(
  { deps, body, now, audit }: Context<'updateOrganization'>,
  { value, version }: Stored<OrganizationRecord>,
): Promise<Stored<OrganizationRecord> | undefined> {
  const patched = applyPatch<OrganizationRecord>(value, body);
  if (patched === value) return { value, version };
  const unique = nameOfOrganization(value.id, deps.control);
  const giveBack = await takeNewName(deps.control, unique, { from: value.name, to: patched.name });
  const changed = { ...patched, updatedAt: new Date(now).toISOString() };
  await audit({
    action: 'organization.update',
    target: `organization/${value.id}`,
    before: showOrganization(value),
    after: showOrganization(changed),
  });
  const next = await replaceOrganization(deps.control, changed, version);
  if (next === undefined) return undefined;
  await giveBack();
  return { value: changed, version: next };
}

/** Once it is marked, `If-Match` has been honoured: the same call asks again how far the erasure is. */
async function markDeleting({ deps, organization, ifMatch, now, audit }: Context<'deleteOrganization'>): Promise<void> {
  if (organization.value.status === 'deleting') return;
  const { id } = organization.value;
  const read = () => getUndeleted(deps.control, id, ['active', 'deleting']);
  await changeStored(ifMatch, read, async ({ value, version }) => {
    if (value.status === 'deleting') return version;
    await audit({ action: 'organization.delete', target: `organization/${id}`, before: showOrganization(value) });
    const marked: OrganizationRecord = { ...value, status: 'deleting', updatedAt: new Date(now).toISOString() };
    return replaceOrganization(deps.control, marked, version);
  });
}
