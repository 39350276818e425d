import { auditOperations } from './audit-events.ts';
import { credentialOperations } from './credentials.ts';
import { evidenceOperations } from './evidence.ts';
import { keyOperations } from './keys.ts';
import { memberOperations } from './members.ts';
import type { Operation } from './operation.ts';
import { organizationOperations } from './organizations.ts';
import { providerOperations } from './providers.ts';
import { requestOperations } from './requests.ts';
import { routeOperations } from './routes.ts';
import { usageOperations } from './usage.ts';
import { workspaceOperations } from './workspaces.ts';

/** Where the admin API begins. The version changes only for changes that break a client. */
export const basePath = '/admin/v1';

/** Every operation of the admin API, by its id. */
export const operations = {
  ...organizationOperations,
  ...workspaceOperations,
  ...memberOperations,
  ...keyOperations,
  ...credentialOperations,
  ...providerOperations,
  ...routeOperations,
  ...requestOperations,
  ...usageOperations,
  ...auditOperations,
  ...evidenceOperations,
} as const satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationId = keyof Operations;
export const operationIds = Object.keys(operations) as readonly OperationId[];
