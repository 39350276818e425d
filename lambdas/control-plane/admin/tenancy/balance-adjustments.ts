import {
  type BalanceAdjustmentRecord,
  createBalanceAdjustment,
  deleteBalanceAdjustment,
} from '../../../store/control/balance-adjustment.ts';
import { adjustBalance, BalanceTooHighError, BalanceTooLowError } from '../../../store/meter-administration.ts';
import type { Context, Handlers } from '../context.ts';
import { keyUsedBefore, requireCreatedFromSame } from '../created-before.ts';
import { type FieldError, Problem } from '../problem.ts';
import { requireStillActive } from './still-active.ts';

/** The meter remembers an adjustment for a day at least; one hour less is surely within that. */
const rememberedMs = 23 * 3_600_000;

export const balanceAdjustmentHandlers: Handlers<'createBalanceAdjustment'> = {
  /**
   * Order: audit entry, record, meter. The meter remembers the adjustment's id in the write that moves the money, so a call
   * repeated under its `Idempotency-Key` completes what it began and never pays twice.
   */
  async createBalanceAdjustment(context) {
    const { deps, body } = context;
    const organization = context.organization.value.id;
    requirePrepaid(context);
    const id = context.newId('adj');
    const wanted: BalanceAdjustmentRecord = {
      id,
      organization,
      ...body,
      createdAt: new Date(context.now).toISOString(),
    };

    const { organization: _, ...after } = wanted;
    await context.audit({ action: 'balance.adjust', target: `balance-adjustment/${id}`, after });
    const record = await createBalanceAdjustment(deps.control, wanted);
    requireCreatedFromSame(record, wanted);
    if (context.now - Date.parse(record.createdAt) > rememberedMs) throw keyUsedBefore();
    await requireStillActive(deps.control, organization, () => deleteBalanceAdjustment(deps.control, organization, id));
    const { balanceMicroUsd } = await adjust(context, record);
    const { amountMicroUsd, reason, createdAt } = record;
    return { body: { id, amountMicroUsd, reason, balanceMicroUsd, createdAt } };
  },
};

type Adjusts = Context<'createBalanceAdjustment'>;

/** @throws Problem 409 */
function requirePrepaid({ organization }: Adjusts): void {
  if (organization.value.billing === 'prepaid') return;
  throw new Problem('conflict', 409, 'The organization is billed postpaid: it has no balance.', {
    detail: 'PATCH it with {"billing":"prepaid"} first.',
  });
}

/** @throws Problem 409 when more is to be taken than there is, or the balance would become too large to be exact. */
async function adjust({ deps }: Adjusts, record: BalanceAdjustmentRecord): Promise<{ balanceMicroUsd: number }> {
  const [{ store, tables }] = deps.dataPlanes;
  try {
    return await adjustBalance({ store, table: tables.meter }, record.organization, record);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    await deleteBalanceAdjustment(deps.control, record.organization, record.id);
    throw refusal;
  }
}

function refusalOf(error: unknown): Problem | undefined {
  if (error instanceof BalanceTooLowError) {
    const message = `must not take more than the balance has: ${error.availableMicroUsd} micro-USD`;
    return outOfRange('The balance is too low.', { field: 'body.amountMicroUsd', message });
  }
  if (error instanceof BalanceTooHighError) {
    const message = `must not bring what was paid in above ${error.maxMicroUsd} micro-USD`;
    return outOfRange('The balance would be too large.', { field: 'body.amountMicroUsd', message });
  }
  return undefined;
}

function outOfRange(title: string, fault: FieldError): Problem {
  return new Problem('conflict', 409, title, { detail: `${fault.field}: ${fault.message}`, errors: [fault] });
}
