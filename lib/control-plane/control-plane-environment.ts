import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import type { OwnTables } from './control-plane-access.ts';
import { describeDataPlane } from './managed-data-plane.ts';
import type { ManagedDataPlane } from './managed-data-plane.ts';

/** What both functions of the control plane work on. */
export interface ControlPlaneScope {
  readonly tables: OwnTables;

  /** Data planes that policy is published to, the home region's first. */
  readonly dataPlanes: readonly ManagedDataPlane[];

  /**
   * Whether declared providers may lie at loopback and private addresses.
   *
   * @default false
   */
  readonly allowPrivateProviders?: boolean;
}

/** Environment variables that both functions read. */
export function controlPlaneEnvironment(construct: Construct, scope: ControlPlaneScope): Record<string, string> {
  return {
    [tables.control.environmentVariable]: scope.tables.control.tableName,
    [tables.audit.environmentVariable]: scope.tables.audit.tableName,
    DATA_PLANES: Stack.of(construct).toJsonString(scope.dataPlanes.map(describeDataPlane)),
    ALLOW_PRIVATE_PROVIDERS: String(scope.allowPrivateProviders ?? false),
  };
}
