import type { OperationId } from '../contract/operations.ts';
import type { Handlers } from './context.ts';
import { credentialHandlers } from './credentials/credentials.ts';
import { keyHandlers } from './keys/keys.ts';
import { auditEventHandlers } from './records/audit-events.ts';
import { evidenceHandlers } from './records/evidence.ts';
import { requestHandlers } from './records/requests.ts';
import { usageHandlers } from './records/usage.ts';
import { providerHandlers } from './routing/providers.ts';
import { routeHandlers } from './routing/routes.ts';
import { balanceAdjustmentHandlers } from './tenancy/balance-adjustments.ts';
import { memberHandlers } from './tenancy/members.ts';
import { organizationHandlers } from './tenancy/organizations.ts';
import { workspaceHandlers } from './tenancy/workspaces.ts';

/** The code of every operation of the contract: one without code does not compile. */
export const handlers: Handlers<OperationId> = {
  ...organizationHandlers,
  ...balanceAdjustmentHandlers,
  ...workspaceHandlers,
  ...memberHandlers,
  ...keyHandlers,
  ...credentialHandlers,
  ...providerHandlers,
  ...routeHandlers,
  ...requestHandlers,
  ...usageHandlers,
  ...auditEventHandlers,
  ...evidenceHandlers,
};
