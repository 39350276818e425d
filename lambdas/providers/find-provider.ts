import type { CatalogPolicy, ProviderDeclaration } from '../store/policy.ts';
import type { Provider } from './provider.ts';
import { builtInProviders } from './registry.ts';
import { buildSelfDeclaredProvider } from './self-declared.ts';

/** What the operator declared; of built-in providers too. */
export function declarationOf(name: string, { providers }: CatalogPolicy): ProviderDeclaration | undefined {
  return Object.hasOwn(providers, name) ? providers[name] : undefined;
}

/** The provider that a name stands for; a declaration takes the place of the built-in one. */
export function providerFor(name: string, catalog: CatalogPolicy): Provider | undefined {
  const declaration = declarationOf(name, catalog);
  return declaration === undefined ? builtInProviders.get(name) : buildSelfDeclaredProvider(name, declaration);
}

/** Every provider there is, declared ones first. */
export function listProviders(catalog: CatalogPolicy): Provider[] {
  return [
    ...Object.entries(catalog.providers).map(([name, declaration]) => buildSelfDeclaredProvider(name, declaration)),
    ...[...builtInProviders.values()].filter(({ name }) => declarationOf(name, catalog) === undefined),
  ];
}
