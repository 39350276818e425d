import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AdminClient } from '../../cli/admin-client.ts';
import type { Deployment, KeySettings } from './check.ts';

const run = promisify(execFile);

export interface DeploymentDescription {
  readonly proxyUrl: string;
  readonly region: string;
  readonly model: string | undefined;
  /** What `cdk deploy --outputs-file` wrote: outputs by stack. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Makes an organization of its own for the run, and deletes it at the end, whatever happens: nothing of a tenant is touched.
 *
 * @throws CliError when the admin API refuses or cannot be reached.
 */
export async function withTenant<Result>(
  admin: AdminClient,
  description: DeploymentDescription,
  work: (deployment: Deployment) => Promise<Result>,
): Promise<Result> {
  const name = `verification ${new Date().toISOString()}`;
  const organization = (await admin.call('createOrganization', { body: { name } })).body.id;
  try {
    const { body } = await admin.call('createWorkspace', {
      parameters: { organization },
      body: { name: 'verification' },
    });
    return await work(describe(admin, description, body.id));
  } finally {
    await admin.call('deleteOrganization', { parameters: { organization } });
  }
}

function describe(admin: AdminClient, description: DeploymentDescription, workspace: string): Deployment {
  const { proxyUrl, region, model, outputs } = description;
  let keys = 0;
  return {
    proxyUrl,
    region,
    admin,
    workspace,
    model,
    outputs: Object.assign({}, ...Object.values(outputs)) as Record<string, string>,
    stacks: Object.keys(outputs),
    createKey: async ({ cidrs, requestsPerMinute }: KeySettings = {}) => {
      keys += 1;
      const { body } = await admin.call('createKey', {
        parameters: { workspace },
        body: {
          name: `verification ${keys}`,
          ...(cidrs !== undefined && { cidrs }),
          ...(requestsPerMinute !== undefined && { limits: { requestsPerMinute } }),
        },
      });
      // Only a repeated call has none.
      return { id: body.id, secret: body.secret ?? '' };
    },
    aws: async (command, options = {}) => {
      const given = Object.entries({ ...options, region, output: 'json' }).map(([name, value]) => `--${name}=${value}`);
      const { stdout } = await run('aws', [...command.split(' '), ...given], { maxBuffer: 16 * 1024 * 1024 });
      return JSON.parse(stdout) as unknown;
    },
  };
}
