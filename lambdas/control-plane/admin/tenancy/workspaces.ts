import type * as z from 'zod';
import { putLocation } from '../../../store/control/location.ts';
import {
  createWorkspace,
  getWorkspace,
  listWorkspaces,
  replaceWorkspace,
  type WorkspaceRecord,
} from '../../../store/control/workspace.ts';
import type { DocumentTable, Stored } from '../../../store/document.ts';
import type { workspace as workspaceSchema } from '../../contract/workspaces.ts';
import { eraseWorkspace } from '../../erase/erase-workspace.ts';
import { eraseMs } from '../../erase/erasure.ts';
import { publishWorkspace } from '../../publication/publish.ts';
import { changeStored } from '../change.ts';
import type { Context, Handlers } from '../context.ts';
import { requireCreatedFromSame } from '../created-before.ts';
import { conflict, Problem } from '../problem.ts';
import { readPage } from '../read-page.ts';
import { applyPatch } from './apply-patch.ts';
import { takeName, takeNewName, type UniqueName } from './unique-name.ts';

export const workspaceHandlers: Handlers<
  'createWorkspace' | 'listWorkspaces' | 'getWorkspace' | 'updateWorkspace' | 'deleteWorkspace'
> = {
  /**
   * Order: name, audit entry, location, record, policy. What comes before the record leads to nothing without it; should the
   * organization's erasure have begun meanwhile, publishing takes the workspace away again.
   */
  async createWorkspace(context) {
    const { deps, body } = context;
    const organization = context.organization.value.id;
    const id = context.newId('ws');
    const at = new Date(context.now).toISOString();
    const record: WorkspaceRecord = { id, organization, ...body, status: 'active', createdAt: at, updatedAt: at };

    await takeName(deps.control, nameOfWorkspace(record, deps.control), record.name);
    await context.audit({ action: 'workspace.create', target: `workspace/${id}`, after: showWorkspace(record) });
    await putLocation(deps.control, 'workspace', id, { organization, workspace: id });
    const stored = await createOrFind(deps.control, record);
    await publishWorkspace(deps, { organization, workspace: id });
    return { body: showWorkspace(stored.value), version: stored.version };
  },

  async listWorkspaces({ deps, organization, query }) {
    const { items, nextCursor } = await readPage<WorkspaceRecord>(
      (page) => listWorkspaces(deps.control, organization.value.id, page),
      query,
      ({ status }) => status === 'active',
    );
    return { body: { data: items.map(({ value }) => showWorkspace(value)), nextCursor } };
  },

  async getWorkspace({ workspace }) {
    return { body: showWorkspace(workspace.value), version: workspace.version };
  },

  async updateWorkspace(context) {
    const { deps } = context;
    const { organization, id } = context.workspace.value;
    const stored = await changeStored(
      context.ifMatch,
      async () => {
        const current = await getWorkspace(deps.control, organization, id);
        return current?.value.status === 'active' ? current : undefined;
      },
      (current) => update(context, current),
    );
    await publishWorkspace(deps, { organization, workspace: id });
    return { body: showWorkspace(stored.value), version: stored.version };
  },

  /**
   * Order: audit entry, mark, erase. The mark makes every later step the work of `eraseWorkspace`, which any later call takes up
   * where it was left; and reconcile does, also where all that is left is a record that no call finds any more.
   */
  async deleteWorkspace(context) {
    const { organization, id } = context.workspace.value;
    await markDeleting(context);
    const outcome = await eraseWorkspace(context.deps, { organization, workspace: id }, context.now + eraseMs);
    return outcome === 'erased' ? { body: undefined } : { body: undefined, status: 202 };
  },
};

/** As the API shows it. */
function showWorkspace(record: WorkspaceRecord): z.output<typeof workspaceSchema> {
  const { status: _, ...shown } = record;
  return shown;
}

function nameOfWorkspace(
  { id, organization }: Pick<WorkspaceRecord, 'id' | 'organization'>,
  control: DocumentTable,
): UniqueName {
  const nameOf = async (other: string) => (await getWorkspace(control, organization, other))?.value.name;
  return { scope: { kind: 'workspace', organization }, owner: id, nameOf };
}

async function createOrFind(control: DocumentTable, record: WorkspaceRecord): Promise<Stored<WorkspaceRecord>> {
  if (await createWorkspace(control, record)) return { value: record, version: 1 };
  const stored = await getWorkspace(control, record.organization, record.id);
  if (stored === undefined) throw conflict();
  if (stored.value.status !== 'active') {
    throw new Problem('being_deleted', 409, 'The workspace that this Idempotency-Key made is being deleted.');
  }
  requireCreatedFromSame(stored.value, record);
  return stored;
}

/** Order: the new name, audit entry, record, the old name. */
async function update(
  { deps, body, now, audit }: Context<'updateWorkspace'>,
  { value, version }: Stored<WorkspaceRecord>,
): Promise<Stored<WorkspaceRecord> | undefined> {
  const patched = applyPatch<WorkspaceRecord>(value, body);
  if (patched === value) return { value, version };
  const unique = nameOfWorkspace(value, deps.control);
  const giveBack = await takeNewName(deps.control, unique, { from: value.name, to: patched.name });
  const changed = { ...patched, updatedAt: new Date(now).toISOString() };
  await audit({
    action: 'workspace.update',
    target: `workspace/${value.id}`,
    before: showWorkspace(value),
    after: showWorkspace(changed),
  });
  const next = await replaceWorkspace(deps.control, changed, version);
  if (next === undefined) return undefined;
  await giveBack();
  return { value: changed, version: next };
}

/** Once it is marked, `If-Match` has been honoured: the same call asks again how far the erasure is. */
async function markDeleting({ deps, workspace, ifMatch, now, audit }: Context<'deleteWorkspace'>): Promise<void> {
  if (workspace.value.status === 'deleting') return;
  const { organization, id } = workspace.value;
  const read = () => getWorkspace(deps.control, organization, id);
  await changeStored(ifMatch, read, async ({ value, version }) => {
    if (value.status === 'deleting') return version;
    await audit({ action: 'workspace.delete', target: `workspace/${id}`, before: showWorkspace(value) });
    const marked: WorkspaceRecord = { ...value, status: 'deleting', updatedAt: new Date(now).toISOString() };
    return replaceWorkspace(deps.control, marked, version);
  });
}
