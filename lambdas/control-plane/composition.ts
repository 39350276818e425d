import { KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { KeyGenerator } from '../crypto/key-wrapper.ts';
import { createSdkKmsGenerator } from '../crypto/sdk-kms-key-wrapper.ts';
import type { StoreClient } from '../store/client.ts';
import { createRetryingStoreClient } from '../store/retrying-client.ts';
import { createSdkDynamoClient, createSdkStoreClient } from '../store/sdk-client.ts';
import { tables } from '../store/tables.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ControlPlaneDependencies } from './admin/dependencies.ts';
import type { DataPlane } from './publication/data-plane.ts';

/** What the functions of the control plane have in common: their environment, read into dependencies. */

/** The environment of a function, as its handler read it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The key service answers in milliseconds; with the SDK's three tries this stays well within a call. */
const patience = { connectionTimeout: 2000, requestTimeout: 4000, throwOnRequestTimeout: true };

const tableName = z.string().min(1);
const dataPlanesSchema = z
  .array(
    z.object({
      region: z.string().min(1),
      url: z.url().exactOptional(),
      tables: z.object({
        policy: tableName,
        meter: tableName,
        requests: tableName,
        vault: tableName,
        usage: tableName,
        evidence: tableName,
      }),
      vaultKeyArn: z.string().min(1),
    }),
  )
  .min(1)
  .refine((planes) => new Set(planes.map(({ region }) => region)).size === planes.length, 'names a region twice');

export interface ConnectedDataPlanes {
  /** The home region first. */
  readonly dataPlanes: readonly [DataPlane, ...DataPlane[]];
  /** By region. They connect when they are first used. */
  readonly keyGenerators: ReadonlyMap<string, KeyGenerator>;
}

/**
 * The data planes that `DATA_PLANES` lists, with a client for each region.
 *
 * @throws Error that names the member that is wrong, such as `DATA_PLANES: 0.tables.policy`; never its value.
 */
export function createDataPlanes(environment: Environment): ConnectedDataPlanes {
  const described = parseDataPlanes(requireVariable(environment, 'DATA_PLANES'));
  const planes = described.map(({ region, url, tables: names }): DataPlane => {
    return { region, ...(url !== undefined && { url }), store: connectStore(environment, region), tables: names };
  });
  const generators = described.map(({ region, vaultKeyArn }) => {
    const endpoint = endpointOf(environment, 'AWS_ENDPOINT_URL_KMS');
    const client = new KMSClient({ region, requestHandler: patience, ...(endpoint !== undefined && { endpoint }) });
    return [region, createSdkKmsGenerator(client, vaultKeyArn)] as const;
  });
  const [home, ...others] = planes;
  if (home === undefined) throw new Error('environment variable DATA_PLANES lists no data plane');
  return { dataPlanes: [home, ...others], keyGenerators: new Map(generators) };
}

/**
 * Everything the control plane works with, from the environment of one of its functions.
 *
 * @throws Error that names the variable that is missing or wrong.
 */
export function createControlPlaneDependencies(
  environment: Environment,
  logger: Pick<Logger, 'admin' | 'drift' | 'fault'>,
): ControlPlaneDependencies {
  const store = connectStore(environment, requireVariable(environment, 'AWS_REGION'));
  return {
    control: { store, table: requireVariable(environment, tables.control.environmentVariable) },
    audit: { store, table: requireVariable(environment, tables.audit.environmentVariable) },
    ...createDataPlanes(environment),
    allowPrivateProviders: environment['ALLOW_PRIVATE_PROVIDERS'] === 'true',
    logger,
    now: () => Date.now(),
  };
}

/** @throws Error that names the variable. */
export function requireVariable(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}

function connectStore(environment: Environment, region: string): StoreClient {
  const endpoint = endpointOf(environment, 'AWS_ENDPOINT_URL_DYNAMODB');
  const client = createSdkDynamoClient({ region, ...(endpoint !== undefined && { endpoint }) });
  return createRetryingStoreClient(createSdkStoreClient(client));
}

function endpointOf(environment: Environment, variable: string): string | undefined {
  return environment[variable] ?? environment['AWS_ENDPOINT_URL'];
}

function parseDataPlanes(text: string): z.output<typeof dataPlanesSchema> {
  const parsed = dataPlanesSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the list'}: ${message}`);
  throw new Error(`environment variable DATA_PLANES: ${faults.join('; ')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
