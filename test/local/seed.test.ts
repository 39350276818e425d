import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApiKey } from '../../lambdas/crypto/api-key.ts';
import { createOrganization, getOrganization, replaceOrganization } from '../../lambdas/store/control/organization.ts';
import { catalogPolicyId, keyPolicyId, putPolicy, workspacePolicyId } from '../../lambdas/store/policy.ts';
import { readConfiguration } from '../../local/configuration.ts';
import { startLocalServer } from '../../local/server.ts';
import { type LocalStore, openLocalStore } from '../../local/store.ts';
import { readAllItems, type StoredItems, writeConfiguration } from '../fixtures/gatehouse.ts';
import { temporaryFolder } from '../fixtures/local-process.ts';

/** Starts and stops once, as a user with these declarations and variables would. */
async function runOnce(folder: string, environment: NodeJS.ProcessEnv, providers: Record<string, object> = {}) {
  const flags = ['--port', '0', '--admin-port', '0', '--data-dir', path.join(folder, 'data')];
  const configuration = readConfiguration([...flags, '--config', writeConfiguration(folder, providers)], environment);
  if (configuration === 'help') throw new Error('no help was asked for');
  const server = await startLocalServer(configuration, () => {});
  onTestFinished(() => server.close());
  await server.close();
  return { ...server, stored: await readAllItems(path.join(folder, 'data', 'database')) };
}

/** What somebody else did to the database while nobody was serving. */
async function change(folder: string, act: (local: LocalStore) => Promise<void>): Promise<void> {
  mkdirSync(path.join(folder, 'data'), { recursive: true });
  const local = await openLocalStore(path.join(folder, 'data', 'database'), 'local');
  try {
    await act(local);
  } finally {
    await local.close();
  }
}

function policyOf(stored: StoredItems, id: string): unknown {
  const item = stored.policy.find(({ pk }) => pk?.S === id);
  return JSON.parse(item?.['document']?.S ?? 'null');
}

interface Catalog {
  readonly version: number;
  readonly providers: Record<string, object>;
  readonly credentials: Record<string, object>;
}

const lab = { baseUrl: 'https://lab.example.com/v1', models: [{ id: '*', free: true }], credentialEnv: 'LAB_KEY' };

describe('seed', () => {
  it('registers the built-in providers whose variable is set, and the declared ones', async () => {
    const environment = { OPENAI_API_KEY: 'sk-1', LAB_KEY: 'lab-1', GEMINI_API_KEY: '' };

    const { providers, stored } = await runOnce(temporaryFolder(), environment, { lab });

    expect([...providers].toSorted()).toEqual(['lab', 'openai', 'sim']);
    const catalog = policyOf(stored, 'catalog#providers') as Catalog;
    expect(Object.keys(catalog.providers).toSorted()).toEqual(['lab', 'sim']);
    expect(Object.keys(catalog.credentials).toSorted()).toEqual(['lab', 'openai']);
  });

  it('stores credentials sealed, with their last four characters to tell them apart', async () => {
    const { stored } = await runOnce(temporaryFolder(), { OPENAI_API_KEY: 'sk-not-to-be-read-1234' });

    expect(stored.vault).toMatchObject([{ provider: { S: 'openai' }, lastFour: { S: '1234' } }]);
    expect(Buffer.from(stored.vault[0]?.['sealed']?.B ?? []).includes('not-to-be-read')).toBe(false);
    expect(JSON.stringify(stored)).not.toContain('not-to-be-read');
  });

  it('forgets a provider that is no longer declared, and lets a declared one take the place of a built-in one', async () => {
    const folder = temporaryFolder();
    await runOnce(folder, { LAB_KEY: 'lab-1', OPENAI_API_KEY: 'sk-1' }, { lab });

    const openai = { ...lab, credentialEnv: undefined, auth: { kind: 'none' } };
    const { providers, stored } = await runOnce(folder, { OPENAI_API_KEY: 'sk-1' }, { openai });

    expect([...providers].toSorted()).toEqual(['openai', 'sim']);
    expect(policyOf(stored, 'catalog#providers')).toMatchObject({ credentials: {} });
  });

  it('makes one key and keeps it; makes another where its file is gone', async () => {
    const folder = temporaryFolder();

    const first = await runOnce(folder, {});
    const second = await runOnce(folder, {});
    rmSync(path.join(folder, 'data', 'api-key'));
    const third = await runOnce(folder, {});

    expect(second.apiKey).toBe(first.apiKey);
    expect(third.apiKey).not.toBe(first.apiKey);
    expect(third.stored.policy.filter(({ pk }) => pk?.S?.startsWith('key#'))).toHaveLength(2);
    expect(JSON.stringify(third.stored)).not.toContain(first.apiKey.slice(20, 50));
  });

  it('makes another key where the database is gone', async () => {
    const folder = temporaryFolder();
    const first = await runOnce(folder, {});
    rmSync(path.join(folder, 'data', 'database'), { recursive: true });

    const second = await runOnce(folder, {});

    expect(second.apiKey).not.toBe(first.apiKey);
    expect([first.replacedApiKey, second.replacedApiKey]).toEqual([false, true]);
    expect(second.adminToken).toBe(first.adminToken);
  });

  it('replaces what a release without a control plane had written', async () => {
    const folder = temporaryFolder();
    const { apiKey, publicId, secretHash } = createApiKey();
    await change(folder, async ({ store, tables }) => {
      const organization = { id: 'local', billing: 'postpaid', retentionDays: 90 };
      const documents = {
        [workspacePolicyId('local')]: { organization, workspace: { id: 'local' }, routes: {}, credentials: {} },
        [keyPolicyId(publicId)]: { publicId, name: 'local', organization: 'local', secrets: [{ hash: secretHash }] },
        [catalogPolicyId]: { providers: { sim: { baseUrl: 'http://127.0.0.1:1/v1' } }, credentials: {} },
      };
      // The catalog's version grew with every start.
      for (const [id, document] of Object.entries(documents)) {
        await putPolicy(store, tables.policy, id, { ...document, version: 20 });
      }
    });
    writeFileSync(path.join(folder, 'data', 'api-key'), apiKey.reveal());

    const first = await runOnce(folder, {});
    const second = await runOnce(folder, {});

    expect(first.apiKey).not.toBe(apiKey.reveal());
    expect([first.replacedApiKey, second.replacedApiKey]).toEqual([true, false]);
    expect(second.apiKey).toBe(first.apiKey);
    expect(policyOf(first.stored, workspacePolicyId('local'))).toBeNull();
    expect(policyOf(first.stored, keyPolicyId(publicId))).toBeNull();
    expect(policyOf(first.stored, catalogPolicyId)).not.toMatchObject({
      providers: { sim: { baseUrl: 'http://127.0.0.1:1/v1' } },
    });
  });

  it('finishes erasing its organization, and makes another', async () => {
    const folder = temporaryFolder();
    const first = await runOnce(folder, {});
    await change(folder, async ({ store, tables }) => {
      const control = { store, table: tables.control };
      const stored = await getOrganization(control, first.organization);
      if (stored === undefined) throw new Error('the organization is not there');
      await replaceOrganization(control, { ...stored.value, status: 'deleting' }, stored.version);
    });

    const second = await runOnce(folder, {});

    expect(second.organization).not.toBe(first.organization);
    expect(second.replacedApiKey).toBe(true);
    expect(policyOf(second.stored, workspacePolicyId(first.workspace))).toBeNull();
  });

  it('finds its organization among more than a page of others', async () => {
    const folder = temporaryFolder();
    const first = await runOnce(folder, {});
    await change(folder, async ({ store, tables }) => {
      const control = { store, table: tables.control };
      const stored = await getOrganization(control, first.organization);
      if (stored === undefined) throw new Error('the organization is not there');
      for (let index = 0; index < 60; index += 1) {
        // In the order of ids these come first.
        await createOrganization(control, {
          ...stored.value,
          id: `org_${index}`.padEnd(20, '-'),
          name: `other ${index}`,
        });
      }
    });
    rmSync(path.join(folder, 'data', 'seed'));

    const second = await runOnce(folder, {});

    expect(second.organization).toBe(first.organization);
  });

  it('leaves the workspace as it was changed', async () => {
    const folder = temporaryFolder();
    const first = await runOnce(folder, {});

    const second = await runOnce(folder, {});

    const id = `workspace#${first.workspace}`;
    expect(second).toMatchObject({ organization: first.organization, workspace: first.workspace });
    expect(policyOf(second.stored, id)).toEqual(policyOf(first.stored, id));
    expect(policyOf(first.stored, id)).toMatchObject({ organization: { id: first.organization, retentionDays: 90 } });
  });
});
