import type { OperationId } from '../contract/operations.ts';
import { auditEventHandlers } from './audit-events.ts';
import { balanceAdjustmentHandlers } from './balance-adjustments.ts';
import type { Handlers } from './context.ts';
import { credentialHandlers } from './credentials.ts';
import { evidenceHandlers } from './evidence.ts';
import { keyHandlers } from './keys.ts';
import { memberHandlers } from './members.ts';
import { organizationHandlers } from './organizations.ts';
import { providerHandlers } from './providers.ts';
import { requestHandlers } from './requests.ts';
import { routeHandlers } from './routes.ts';
import { usageHandlers } from './usage.ts';
import { workspaceHandlers } from './workspaces.ts';

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
