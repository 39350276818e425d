import type { ControlPlaneDependencies } from '../admin/dependencies.ts';

export type EraseDependencies = Pick<ControlPlaneDependencies, 'control' | 'dataPlanes' | 'now'>;

/** `busy`: requests are under way, or the time was over; the same call goes on where it stopped. */
export type Erasure = 'erased' | 'busy';

export function worstOf(erasures: readonly Erasure[]): Erasure {
  return erasures.includes('busy') ? 'busy' : 'erased';
}
