import type { BodyInputOf } from '../../lambdas/control-plane/contract/operation.ts';
import type { Operations } from '../../lambdas/control-plane/contract/operations.ts';
import { usageError } from '../cli-error.ts';
import type { DeclaredAuth, DeclaredModel } from '../provider-declaration.ts';
import { type CatalogEntry, listEntries, requireProvider } from './catalog-entries.ts';

export type Declaration = BodyInputOf<Operations['putProvider']>;

export interface OverrideOptions {
  /** Prices of the operator's own. */
  readonly model?: readonly DeclaredModel[];
  /** Every rate of the catalog's models times this, in millionths. */
  readonly scale?: number;
  readonly baseUrl?: string;
  readonly auth?: DeclaredAuth;
  readonly region?: string;
}

export interface Override {
  readonly declaration: Declaration;
  /** What a declared price cannot say of these models. */
  readonly warnings: readonly string[];
}

/**
 * The declaration that gives a built-in provider other prices: its own address, protocols and way to be shown a key, and the models
 * whose price changes. Every other model keeps the catalog's.
 *
 * @throws CliError (usage)
 */
export function buildOverride(providerName: string, options: OverrideOptions): Override {
  const provider = requireProvider(providerName);
  const entries = listEntries(providerName);
  const models: readonly DeclaredModel[] =
    options.model ?? (options.scale === undefined ? [] : entries.map((entry) => scaledModel(entry, options.scale)));
  if (models.length === 0) throw usageError('Say what changes: --model ID=INPUT/OUTPUT, or --scale FACTOR.');
  const entryOf = ({ id }: DeclaredModel): CatalogEntry | undefined => entries.find((entry) => entry.id === id);
  const declaration = {
    baseUrl: options.baseUrl ?? baseUrlIn(provider.baseUrl, options.region),
    protocols: Object.keys(provider.paths) as Declaration['protocols'] & object,
    auth: options.auth ?? authOf(provider),
    models: models.map((model) => ({ ...model, ...limitsOf(entryOf(model)) })),
  };
  const tiered = models.flatMap((model) => entryOf(model) ?? []).filter(({ price }) => price.longContext !== undefined);
  return { declaration, warnings: tiered.map((entry) => tierWarning(entry, options)) };
}

function limitsOf(entry: CatalogEntry | undefined): { contextTokens?: number; maxOutputTokens?: number } {
  if (entry === undefined) return {};
  const { contextTokens, maxOutputTokens } = entry;
  return { contextTokens, ...(maxOutputTokens > 0 && { maxOutputTokens }) };
}

/**
 * A declaration has one tier and one rate for cache writes: the dearest of each, so that cost is never below the invoice. Rounded up
 * for the same reason.
 */
function scaledModel({ id, price }: CatalogEntry, scale = 1_000_000): DeclaredModel {
  const tier = price.longContext ?? price;
  const times = (rate: number): number => Number((BigInt(rate) * BigInt(scale) + 999_999n) / 1_000_000n);
  const cacheWrite = tier.cacheWrite1hPerMillion ?? tier.cacheWritePerMillion;
  return {
    id,
    price: {
      inputPerMillion: times(tier.inputPerMillion),
      outputPerMillion: times(tier.outputPerMillion),
      ...(tier.cacheReadPerMillion !== undefined && { cacheReadPerMillion: times(tier.cacheReadPerMillion) }),
      ...(cacheWrite !== undefined && { cacheWritePerMillion: times(cacheWrite) }),
      ...(price.perMillionUnits !== undefined && { perMillionUnits: times(price.perMillionUnits) }),
    },
  };
}

function tierWarning({ id, price }: CatalogEntry, { model }: OverrideOptions): string {
  const above = `${id} costs more above ${price.longContext?.aboveInputTokens} input tokens, and a declared price has one tier`;
  return model === undefined ? `${above}: it gets the dearer one.` : `${above}: give the dearer rates.`;
}

function baseUrlIn(baseUrl: string, region: string | undefined): string {
  if (!baseUrl.includes('{region}')) return baseUrl;
  if (region === undefined) throw usageError('Say in which AWS region: --region eu-west-1.');
  return baseUrl.replace('{region}', region);
}

function authOf({ auth }: ReturnType<typeof requireProvider>): DeclaredAuth {
  return auth.kind === 'header' || auth.kind === 'query' ? { kind: auth.kind, name: auth.name } : { kind: auth.kind };
}
