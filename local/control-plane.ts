import { type AdminApp, createAdminApp } from '../lambdas/control-plane/admin/app.ts';
import type { ControlPlaneDependencies } from '../lambdas/control-plane/admin/dependencies.ts';
import { createSignIn } from '../lambdas/control-plane/sign-in/sign-in.ts';
import type { KeyGenerator } from '../lambdas/crypto/key-wrapper.ts';
import { Secret } from '../lambdas/crypto/secret.ts';
import type { StoreClient } from '../lambdas/store/client.ts';
import type { TableNames } from '../lambdas/store/tables.ts';
import type { Logger } from '../lambdas/telemetry/logger.ts';
import type { LocalConfiguration } from './configuration.ts';
import type { DataFolder } from './data-folder.ts';
import { startReconciling } from './reconciling.ts';
import { readAdminToken, seed, type Seeded } from './seed.ts';

interface LocalControlPlaneOptions {
  readonly store: StoreClient;
  readonly tables: TableNames;
  readonly region: string;
  /** Makes data keys; what opens them stays with the data plane. */
  readonly keyGenerator: KeyGenerator;
  readonly folder: DataFolder;
  readonly configuration: LocalConfiguration;
  readonly simulatedProviderUrl: string;
  readonly logger: Logger;
  readonly now: () => number;
}

export interface LocalControlPlane extends Seeded {
  readonly adminToken: string;
  /** The admin API; `proxyUrl` is what it says of its one data plane. */
  createApp(proxyUrl: string): AdminApp;
  stop(): Promise<void>;
}

/** The control plane of a laptop, seeded: when this resolves, the data plane has its policy. */
export async function startLocalControlPlane(options: LocalControlPlaneOptions): Promise<LocalControlPlane> {
  const { store, tables, region, configuration, folder, logger, now } = options;
  const adminToken = readAdminToken(configuration, folder);
  const signIn = createSignIn({
    bootstrapToken: async () => [new Secret(adminToken)],
    issuers: configuration.oidcIssuers,
    now,
  });
  const deps: ControlPlaneDependencies = {
    control: { store, table: tables.control },
    audit: { store, table: tables.audit },
    dataPlanes: [{ region, store, tables }],
    keyGenerators: new Map([[region, options.keyGenerator]]),
    allowPrivateProviders: true,
    logger,
    now,
  };
  // Only the user's own calls are worth a line in the log.
  const quiet = createAdminApp({ ...deps, signIn, logger: { ...logger, admin: () => {} } });
  const { simulatedProviderUrl } = options;
  const seeded = await seed({ app: quiet, adminToken, folder, configuration, simulatedProviderUrl });
  const reconciling = await startReconciling(deps);
  return {
    ...seeded,
    adminToken,
    createApp: (url) => createAdminApp({ ...deps, signIn, dataPlanes: [{ region, url, store, tables }] }),
    stop: reconciling.stop,
  };
}
