import type { ControlPlaneDependencies } from '../admin/dependencies.ts';

export type EraseDependencies = Pick<ControlPlaneDependencies, 'control' | 'dataPlanes' | 'now'>;

/** `busy`: requests are under way, or the time was over; the same call goes on where it stopped. */
export type Erasure = 'erased' | 'busy';

/** Time for erasing within one admin call; what takes longer is gone on with by reconcile. */
export const eraseMs = 20_000;

/** A call that lost against an erasure cleans up behind itself; it need not wait for requests under way. */
export const cleanUpMs = 5000;

export function worstOf(erasures: readonly Erasure[]): Erasure {
  return erasures.includes('busy') ? 'busy' : 'erased';
}
