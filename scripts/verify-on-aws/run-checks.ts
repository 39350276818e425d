import type { Check, Deployment, Finding } from './check.ts';

export type Outcome = { readonly check: Check } & (
  | { readonly kind: 'found'; readonly finding: Finding }
  /** Something that the check needs was not given: not a pass. */
  | { readonly kind: 'not-run'; readonly missing: string }
);

/** Runs checks one after the other; a check that throws has failed, and says why. */
export async function* runChecks(
  checks: readonly Check[],
  deployment: Deployment,
  given: { readonly model: boolean; readonly aws: boolean },
): AsyncGenerator<Outcome> {
  for (const check of checks) {
    const missing = check.needs.filter((need) => !given[need]);
    if (missing.length > 0) yield { check, kind: 'not-run', missing: missing.join(' and ') };
    else yield { check, kind: 'found', finding: await verify(check, deployment) };
  }
}

async function verify(check: Check, deployment: Deployment): Promise<Finding> {
  try {
    return await check.verify(deployment);
  } catch (error) {
    return { passed: false, seen: error instanceof Error ? error.message : 'the check itself failed' };
  }
}
