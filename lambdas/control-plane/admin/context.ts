import type { KeyRecord } from '../../store/control/key.ts';
import type { OrganizationRecord } from '../../store/control/organization.ts';
import type { WorkspaceRecord } from '../../store/control/workspace.ts';
import type { Stored } from '../../store/document.ts';
import type { AuditFacts } from '../audit/append.ts';
import type { BodyOf, ParametersOf, QueryOf, ResponseOf } from '../contract/operation.ts';
import type { Operations, OperationId } from '../contract/operations.ts';
import type { Permission } from '../contract/permission.ts';
import type { ControlPlaneDependencies } from './dependencies.ts';
import type { Principal } from './principal.ts';

/** What the path led to. All of it exists and is not being deleted. */
export interface Located {
  readonly organization?: Stored<OrganizationRecord>;
  readonly workspace?: Stored<WorkspaceRecord>;
  readonly key?: Stored<KeyRecord>;
}

type Scope = { platform: object; 'signed-in': object } & {
  organization: Required<Pick<Located, 'organization'>>;
  workspace: Required<Pick<Located, 'organization' | 'workspace'>>;
  key: Required<Located>;
};

export interface AuditChange {
  /** `<noun>.<verb>`, such as `key.revoke`. */
  readonly action: string;
  /** `<noun>/<id>`. */
  readonly target: string;
  /** The resource as the API shows it, before and after; only their digests are kept. Never with a secret. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** The chain it goes to where that is not the organization of the path: a new organization's own. */
  readonly chain?: AuditFacts['chain'];
}

interface Common {
  readonly deps: ControlPlaneDependencies;
  readonly principal: Principal;
  readonly requestId: string;
  /** Epoch milliseconds at which the request came in. */
  readonly now: number;
  /** The version that `If-Match` names, if the caller sent one. */
  readonly ifMatch: number | undefined;
  /**
   * A fresh id with this prefix; the same one whenever a call is repeated under its `Idempotency-Key`, so that the repetition
   * completes what the first one began.
   */
  newId(prefix: string): string;
  /**
   * Writes the audit entry. Called before the first write of the change itself: an entry whose change failed is harmless, a
   * change without an entry is not.
   */
  audit(change: AuditChange): Promise<void>;
  /** Whether the caller may do this in that organization. */
  may(permission: Permission, organization: string): Promise<boolean>;
  /** @throws Problem 403 unless the caller may do this in the organization of the path (or on the platform). */
  require(permission: Permission): Promise<void>;
}

/** What the code of one operation gets. */
export type Context<Id extends OperationId> = Common &
  Scope[Operations[Id]['scope']] & {
    readonly parameters: ParametersOf<Operations[Id]>;
    readonly query: QueryOf<Operations[Id]>;
    readonly body: BodyOf<Operations[Id]>;
  };

export interface Result<Id extends OperationId> {
  readonly body: ResponseOf<Operations[Id]>;
  /** Version of the resource: becomes its ETag. */
  readonly version?: number;
  /** Where it is not the operation's usual one. */
  readonly status?: number;
}

/** The code of some operations, by id. */
export type Handlers<Ids extends OperationId> = {
  readonly [Id in Ids]: (context: Context<Id>) => Promise<Result<Id>>;
};
