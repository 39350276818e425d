import { catalogs, listCatalogModels } from '../../lambdas/metering/catalog/catalog.ts';
import type { CatalogModel } from '../../lambdas/metering/catalog/model.ts';
import type { Provider } from '../../lambdas/providers/provider.ts';
import { builtInProviders, findProvider } from '../../lambdas/providers/registry.ts';
import { protocolKind, type ProtocolName } from '../../lambdas/wire/protocol-name.ts';
import { usageError } from '../cli-error.ts';

/** One model of the catalog that this build brings, with the page and day its figures were read. */
export interface CatalogEntry extends Required<Pick<CatalogModel, 'id' | 'protocols' | 'contextTokens'>> {
  readonly provider: string;
  readonly maxOutputTokens: number;
  readonly capabilities: NonNullable<CatalogModel['capabilities']>;
  readonly price: CatalogModel['price'];
  readonly source: string;
  readonly asOf: string;
}

/** What a list is narrowed to; what is left out narrows nothing. */
export interface CatalogFilter {
  /** Part of the model's name. */
  readonly model?: string;
  readonly protocol?: string;
  readonly input?: readonly string[];
  readonly can?: readonly string[];
  readonly minContext?: number;
}

export const modalities = ['text', 'image', 'pdf', 'audio', 'video'] as const;
export const abilities = ['tools', 'reasoning', 'structuredOutput'] as const;

/** @throws CliError (usage) for a provider that is not built in */
export function requireProvider(name: string): Provider {
  const provider = findProvider(name);
  if (provider !== undefined) return provider;
  throw usageError(`No provider of this name is built in. There are: ${[...builtInProviders.keys()].join(', ')}.`);
}

/** The models of one provider or of all, in the catalog's order. */
export function listEntries(providerName: string | undefined, filter: CatalogFilter = {}): CatalogEntry[] {
  const providers = providerName === undefined ? [...builtInProviders.values()] : [requireProvider(providerName)];
  return providers.flatMap(entriesOf).filter((entry) => matches(entry, filter));
}

function entriesOf(provider: Provider): CatalogEntry[] {
  const { name } = provider;
  const { source = '', asOf = '' } = Object.hasOwn(catalogs, name) ? (catalogs[name] ?? {}) : {};
  return listCatalogModels(name).map((model) => ({
    provider: name,
    ...model,
    protocols: model.protocols ?? chatProtocols(provider),
    capabilities: model.capabilities ?? {},
    source,
    asOf,
  }));
}

function chatProtocols({ paths }: Provider): readonly ProtocolName[] {
  return (Object.keys(paths) as ProtocolName[]).filter((name) => protocolKind(name) === 'chat');
}

function matches(entry: CatalogEntry, { model, protocol, input, can, minContext }: CatalogFilter): boolean {
  const { capabilities } = entry;
  return (
    (model === undefined || entry.id.includes(model)) &&
    (protocol === undefined || entry.protocols.some((name) => name === protocol)) &&
    (input ?? []).every((modality) => capabilities.input?.some((known) => known === modality) === true) &&
    (can ?? []).every((ability) => abilities.some((known) => known === ability && capabilities[known] === true)) &&
    (minContext === undefined || entry.contextTokens >= minContext)
  );
}
