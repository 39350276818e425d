import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AdminClient } from '../../cli/admin-client.ts';
import type { DeployedStack, Deployment, KeySettings } from './check.ts';

const run = promisify(execFile);

export interface DeploymentDescription {
  readonly proxyUrl: string;
  readonly region: string;
  /** The stack that `proxyUrl` is an output of. */
  readonly dataPlaneStack: string;
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
    await admin.call('deleteOrganization', { parameters: { organization } }).catch((error: unknown) => {
      // Said and not thrown, since it would take the place of what went wrong before.
      console.error(
        `The organization ${organization} ("${name}") is left: ${error instanceof Error ? error.message : 'no answer'}`,
      );
    });
  }
}

function describe(admin: AdminClient, description: DeploymentDescription, workspace: string): Deployment {
  const { proxyUrl, region, dataPlaneStack, model, outputs } = description;
  let keys = 0;
  return {
    proxyUrl,
    region,
    admin,
    workspace,
    model,
    // Data planes of other regions have outputs of the same names.
    outputs: { ...controlPlaneOutputs(outputs), ...outputs[dataPlaneStack] },
    dataPlaneStack,
    stacks: Object.entries(outputs).map(([stack, values]): DeployedStack => ({
      name: stack,
      region: regionOf(values),
    })),
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
      const given = Object.entries({ ...options, region: options['region'] ?? region, output: 'json' }).map(
        ([name, value]) => `--${name}=${value}`,
      );
      const { stdout } = await run('aws', [...command.split(' '), ...given], { maxBuffer: 16 * 1024 * 1024 });
      return JSON.parse(stdout) as unknown;
    },
  };
}

function controlPlaneOutputs(outputs: DeploymentDescription['outputs']): Readonly<Record<string, string>> {
  return Object.values(outputs).find(({ AdminUrl }) => AdminUrl !== undefined) ?? {};
}

/** Every stack but that of the edge, which is in us-east-1 always, has an ARN of a region among its outputs. */
function regionOf(values: Readonly<Record<string, string>>): string {
  const arns = Object.values(values).flatMap(
    (value) => /^arn:[^:]+:(?:kms|secretsmanager):([^:]+):/.exec(value)?.[1] ?? [],
  );
  return arns[0] ?? 'us-east-1';
}
