import { describe, expect, it } from 'vitest';
import { catalogs, findCatalogModel, listCatalogModels } from '../../../lambdas/metering/catalog/catalog.ts';
import { usd, usdTier, withLongContext } from '../../../lambdas/metering/catalog/usd.ts';
import type { Price, PriceTier } from '../../../lambdas/metering/price.ts';
import { builtInProviders } from '../../../lambdas/providers/registry.ts';
import { protocolKind } from '../../../lambdas/wire/protocol-name.ts';

const providers = Object.entries(catalogs).map(([name, catalog]) => ({ name, ...catalog }));
const models = providers.flatMap(({ name, models: rows }) => rows.map((model) => ({ provider: name, ...model })));

/** A price's tiers without the threshold between them. */
function tiersOf({ longContext, ...base }: Price): PriceTier[] {
  if (longContext === undefined) return [base];
  const { aboveInputTokens: _, ...long } = longContext;
  return [base, long];
}

describe('usd', () => {
  it('turns dollars into micro-dollars exactly, down to the last one', () => {
    const micro = [0, 0.000_001, 0.003_625, 0.0375, 0.29, 1.1, 2.09, 180].map(usd);

    expect(micro).toEqual([0, 1, 3_625, 37_500, 290_000, 1_100_000, 2_090_000, 180_000_000]);
  });

  it.each([0.000_000_5, 1.8 - 0.000_000_1, 1.2 * 1.5, Number.NaN])(
    'refuses %d, which is no whole number of them',
    (dollars) => {
      expect(() => usd(dollars)).toThrow(RangeError);
    },
  );

  it('scales input and cache rates by one factor and the output rate by the other', () => {
    const price = withLongContext(usdTier(2, 10, 0.1), { aboveInputTokens: 1_000, input: 2, output: 1.5 });

    expect(price).toEqual({ ...usdTier(2, 10, 0.1), longContext: { ...usdTier(4, 15, 0.2), aboveInputTokens: 1_000 } });
  });
});

describe('catalog', () => {
  it.each(providers)('$name: belongs to a built-in provider and says where and when it was read', (catalog) => {
    const { source, asOf } = catalog;

    expect(builtInProviders.has(catalog.name)).toBe(true);
    expect(source).toMatch(/^https:\/\//);
    expect(new Date(asOf).toISOString().slice(0, 10)).toBe(asOf);
    expect(catalog.models.length).toBeGreaterThan(0);
  });

  it.each(providers)('$name: has one row per id', (catalog) => {
    const ids = catalog.models.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id.trim() === '' || id === '*')).toEqual([]);
  });

  it('holds only prices that are non-negative integers, and no model that is free by omission', () => {
    const rates = models.flatMap(({ price }) => tiersOf(price).flatMap((tier) => Object.values(tier) as number[]));
    const free = models.filter(({ price }) => price.inputPerMillion === 0);

    expect(rates.filter((rate) => !Number.isSafeInteger(rate) || rate < 0)).toEqual([]);
    expect(free).toEqual([]);
  });

  it('prices a cached token no higher than a fresh one, a long lifetime no lower than a short one', () => {
    const odd = models.filter(({ price }) =>
      tiersOf(price).some((tier) => {
        const { inputPerMillion: input, cacheWritePerMillion: write = input } = tier;
        return (tier.cacheReadPerMillion ?? input) > input || (tier.cacheWrite1hPerMillion ?? write) < write;
      }),
    );

    expect(odd).toEqual([]);
  });

  it('has long-context tiers that begin inside the context and name the same rates as the base', () => {
    const tiered = models.filter(({ price }) => price.longContext !== undefined);

    expect(tiered.length).toBeGreaterThan(0);
    for (const { price, contextTokens } of tiered) {
      const [base, long] = tiersOf(price);
      expect(price.longContext?.aboveInputTokens).toBeLessThan(contextTokens);
      expect(Object.keys(long ?? {}).toSorted()).toEqual(Object.keys(base ?? {}).toSorted());
    }
  });

  it('bounds every model: output within its context, none for embeddings', () => {
    const odd = models.filter(({ protocols, contextTokens, maxOutputTokens, price }) => {
      const isEmbedding = protocols?.some((protocol) => protocolKind(protocol) === 'embeddings') ?? false;
      const fits =
        Number.isInteger(contextTokens) && Number.isInteger(maxOutputTokens) && maxOutputTokens <= contextTokens;
      return !fits || isEmbedding !== (maxOutputTokens === 0) || isEmbedding !== (price.outputPerMillion === 0);
    });

    expect(odd).toEqual([]);
  });

  it('asks only for protocols that the provider speaks', () => {
    const unreachable = models.filter(({ provider, protocols }) => {
      const paths = builtInProviders.get(provider)?.paths ?? {};
      return protocols?.some((protocol) => paths[protocol] === undefined);
    });

    expect(unreachable).toEqual([]);
  });

  it('prices a model with cache writes and a long-context tier as the vendor lists it', () => {
    const haiku = findCatalogModel('anthropic', 'claude-haiku-5-5');

    expect(haiku?.price).toEqual({
      inputPerMillion: 100_000,
      outputPerMillion: 500_000,
      cacheReadPerMillion: 10_000,
      cacheWritePerMillion: 125_000,
      cacheWrite1hPerMillion: 200_000,
      longContext: {
        aboveInputTokens: 100_000,
        inputPerMillion: 500_000,
        outputPerMillion: 2_500_000,
        cacheReadPerMillion: 50_000,
        cacheWritePerMillion: 625_000,
        cacheWrite1hPerMillion: 1_000_000,
      },
    });
  });

  it('gives a dated snapshot the facts of the name it stands for', () => {
    const { id: name, ...alias } = findCatalogModel('openai', 'gpt-4.1') ?? {};
    const { id: dated, ...snapshot } = findCatalogModel('openai', 'gpt-4.1-2025-04-14') ?? {};

    expect([name, dated]).toEqual(['gpt-4.1', 'gpt-4.1-2025-04-14']);
    expect(snapshot).toEqual(alias);
  });

  it('finds exact ids only, and nothing of a provider without a catalog', () => {
    const found = [
      findCatalogModel('openai', 'gpt-4.1-'),
      findCatalogModel('openai', 'GPT-4.1'),
      findCatalogModel('anthropic', 'gpt-4.1'),
      findCatalogModel('together', 'gpt-4.1'),
      findCatalogModel('constructor', 'name'),
      findCatalogModel('openai', 'constructor'),
    ];

    expect(found.filter((model) => model !== undefined)).toEqual([]);
    expect([listCatalogModels('together'), listCatalogModels('constructor')]).toEqual([[], []]);
    expect(listCatalogModels('anthropic').map(({ id }) => id)).toContain('claude-haiku-4-5-20251001');
  });
});
