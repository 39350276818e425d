import type { Caller } from '../../../lambdas/data-plane/authenticate.ts';
import type { KeyPolicy, WorkspacePolicy } from '../../../lambdas/store/policy.ts';

/** A caller as authentication would find one. */
export function callerWith(changes: {
  key?: Partial<KeyPolicy>;
  organization?: Partial<WorkspacePolicy['organization']>;
  workspace?: Partial<WorkspacePolicy['workspace']>;
}): Caller {
  return {
    key: {
      asOf: 3,
      policy: {
        version: 3,
        publicId: 'k1',
        name: 'test',
        organization: 'o1',
        workspace: 'w1',
        secrets: [],
        status: 'active',
        ...changes.key,
      },
    },
    workspace: {
      asOf: 7,
      policy: {
        version: 7,
        organization: { id: 'o1', billing: 'postpaid', retentionDays: 90, ...changes.organization },
        workspace: { id: 'w1', ...changes.workspace },
        routes: {},
        credentials: {},
      },
    },
  };
}
