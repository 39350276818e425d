import type { RoleAssumer } from '../aws/assume-role.ts';
import type { AwsCredentials } from '../aws/sign.ts';
import type { KeyUnwrapper } from '../crypto/key-wrapper.ts';
import type { ProviderAccessReader } from '../routing/provider-access/provider-access.ts';
import type { UpstreamClient } from '../routing/upstream.ts';
import type { StoreClient } from '../store/client.ts';
import type { MeterStore } from '../store/meter.ts';
import type { TableNames } from '../store/tables.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TraceExporter } from '../telemetry/trace-exporter.ts';
import type { PolicyReader } from './policies.ts';

/** What the data plane must be given. Made once per process by a composition root (`handler.ts`, `local/server.ts`). */
export interface DataPlaneSettings {
  readonly store: StoreClient;
  readonly tables: Pick<TableNames, 'policy' | 'meter' | 'requests' | 'vault'>;
  readonly keyUnwrapper: KeyUnwrapper;
  readonly upstream: UpstreamClient;
  /** For provider credentials that are AWS roles; absent where this process has no AWS identity of its own. */
  readonly roles?: RoleAssumer;
  /** This process's own AWS credentials, for providers that its role may call; absent where it has none. */
  readonly awsCredentials?: () => Promise<AwsCredentials>;
  readonly logger: Logger;
  /** Takes the spans of settled requests; absent where nobody collects them. */
  readonly traces?: TraceExporter;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The settings and what is built on them: caches of policies, opened credentials and what they were exchanged for, in memory only. */
export interface Dependencies extends DataPlaneSettings {
  readonly meters: MeterStore;
  readonly policies: PolicyReader;
  readonly access: ProviderAccessReader;
}
