import { providerFor } from '../../../providers/find-provider.ts';
import { modelFacts } from '../../../routing/resolve-targets.ts';
import { getProvider } from '../../../store/control/provider.ts';
import type { DocumentTable } from '../../../store/document.ts';
import type { CatalogPolicy, RoutePolicy, RouteTarget } from '../../../store/policy.ts';
import type { FieldError } from '../problem.ts';

/**
 * What is wrong with the targets of a route: those that every request would be refused at. Decided by the code that the data
 * plane decides it with.
 */
export async function targetFaults(
  control: DocumentTable,
  { strategy, targets }: Pick<RoutePolicy, 'strategy' | 'targets'>,
): Promise<FieldError[]> {
  const catalog = await catalogOf(control, targets);
  const faults = targets.flatMap((target, index) => {
    const fault = targetFault(target, catalog);
    return fault === undefined ? [] : [{ field: `body.targets.${index}.${fault.member}`, message: fault.message }];
  });
  if (strategy === 'weighted' && targets.every(({ weight }) => weight === 0)) {
    faults.push({
      field: 'body.targets',
      message: 'must have a weight above 0 somewhere, or none could ever be drawn',
    });
  }
  return faults;
}

function targetFault(
  { provider: name, model }: RouteTarget,
  catalog: CatalogPolicy,
): { member: 'provider' | 'model'; message: string } | undefined {
  const provider = providerFor(name, catalog);
  if (provider === undefined) {
    return {
      member: 'provider',
      message: 'must be a built-in provider, or one declared with PUT /providers/{provider}',
    };
  }
  const facts = modelFacts(provider, model, catalog, 'any');
  if (facts === undefined) {
    return { member: 'model', message: 'must be one of the models that the provider is declared with' };
  }
  if (facts.price !== undefined) return undefined;
  const message =
    'must have a price: without one its cost could not be limited, and every request would be refused. ' +
    'A declaration of the provider (PUT /providers/{provider}) can set one, or mark the model free';
  return { member: 'model', message };
}

/** The declarations that the targets need, as a data plane would have them. */
async function catalogOf(control: DocumentTable, targets: readonly RouteTarget[]): Promise<CatalogPolicy> {
  const names = [...new Set(targets.map(({ provider }) => provider))];
  const declared = await Promise.all(names.map((name) => getProvider(control, name)));
  const providers = declared.flatMap((stored) => (stored === undefined ? [] : [[stored.value.name, stored.value]]));
  return { version: 0, providers: Object.fromEntries(providers), credentials: {} };
}
