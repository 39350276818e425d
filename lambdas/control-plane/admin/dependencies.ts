import type { KeyGenerator } from '../../crypto/key-wrapper.ts';
import type { AuditTable } from '../../store/audit-entry.ts';
import type { DocumentTable } from '../../store/document.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { DataPlane } from '../publication/data-plane.ts';
import type { Principal } from './principal.ts';

/** Everything the control plane works with, made once by a composition root. */
export interface ControlPlaneDependencies {
  readonly control: DocumentTable;
  readonly audit: AuditTable;
  /** The home region first. Never empty. */
  readonly dataPlanes: readonly [DataPlane, ...DataPlane[]];
  /** Makes data keys for secrets; cannot open one. */
  readonly keyGenerators: ReadonlyMap<string, KeyGenerator>;
  /** Whether declared providers may live at loopback and private addresses, and speak plain http. */
  readonly allowPrivateProviders: boolean;
  readonly logger: Pick<Logger, 'admin' | 'drift' | 'fault'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Finds out who calls. */
export interface SignIn {
  /** @throws SignInError 401 or 503. */
  authenticate(authorization: string | undefined): Promise<Principal>;
}

export interface AdminApiSettings extends ControlPlaneDependencies {
  readonly signIn: SignIn;
}
