import { describe, expect, it } from 'vitest';
import { catalogs, findCatalogModel, listCatalogModels } from '../../../lambdas/metering/catalog/catalog.ts';
import { scaled, usd, usdTier, withLongContext } from '../../../lambdas/metering/catalog/usd.ts';
import { freePrice, type Price, type PriceTier } from '../../../lambdas/metering/price.ts';
import { builtInProviders } from '../../../lambdas/providers/registry.ts';
import { type ProtocolKind, protocolKind } from '../../../lambdas/wire/protocol-name.ts';

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

  it('scales a whole price, the threshold left as it is, and refuses a rate that would not be whole', () => {
    const price = withLongContext(usdTier(2, 10, 0.1), { aboveInputTokens: 1_000, input: 2, output: 1.5 });

    expect(scaled(price, 1.1)).toEqual({
      ...usdTier(2.2, 11, 0.11),
      longContext: { ...usdTier(4.4, 16.5, 0.22), aboveInputTokens: 1_000 },
    });
    expect(() => scaled({ inputPerMillion: 1, outputPerMillion: 0 }, 1.1)).toThrow(RangeError);
  });

  it('scales input and cache rates by one factor and the output rate by the other', () => {
    const price = withLongContext(usdTier(2, 10, 0.1), { aboveInputTokens: 1_000, input: 2, output: 1.5 });

    expect(price).toEqual({ ...usdTier(2, 10, 0.1), longContext: { ...usdTier(4, 15, 0.2), aboveInputTokens: 1_000 } });
  });
});

const silentKinds: ReadonlySet<ProtocolKind> = new Set(['embeddings', 'rerank', 'moderations']);

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
    const free = models.filter(({ price }) => price.inputPerMillion === 0 && !price.perMillionUnits);

    expect(rates.filter((rate) => !Number.isSafeInteger(rate) || rate < 0)).toEqual([]);
    expect(free.filter(({ price }) => price !== freePrice)).toEqual([]);
    expect(free.map(({ id }) => id)).toEqual(['omni-moderation-latest', 'omni-moderation-2024-09-26']);
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

  it('prices output no lower than input, and long input no lower than short', () => {
    const odd = models.filter(({ maxOutputTokens, price }) => {
      const tiers = tiersOf(price);
      const [base, long] = tiers;
      const cheapOutput = tiers.some((tier) => tier.outputPerMillion < tier.inputPerMillion);
      const cheapLong = long !== undefined && base !== undefined && long.inputPerMillion < base.inputPerMillion;
      return maxOutputTokens > 0 && (cheapOutput || cheapLong);
    });

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

  it('bounds every model: output within its context, none for what generates nothing', () => {
    const odd = models.filter(({ protocols, contextTokens, maxOutputTokens, price }) => {
      const generatesNothing =
        price.perMillionUnits !== undefined ||
        (protocols?.every((name) => silentKinds.has(protocolKind(name))) ?? false);
      const fits =
        Number.isInteger(contextTokens) && Number.isInteger(maxOutputTokens) && maxOutputTokens <= contextTokens;
      return (
        !fits || generatesNothing !== (maxOutputTokens === 0) || generatesNothing !== (price.outputPerMillion === 0)
      );
    });

    expect(odd).toEqual([]);
  });

  it('says of every model that chats what it takes, text among it', () => {
    const silent = models.filter(
      ({ protocols = ['openai-chat'], capabilities }) =>
        protocols.some((name) => protocolKind(name) === 'chat') && capabilities?.input?.includes('text') !== true,
    );

    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it.each([
    ['anthropic', 'claude-opus-5-5', 'effort'],
    ['anthropic', 'claude-opus-4-6', 'effort'],
    ['anthropic', 'claude-haiku-4-5', 'budget'],
    ['bedrock', 'eu.anthropic.claude-sonnet-5-5', 'effort'],
    ['bedrock', 'global.anthropic.claude-haiku-4-5-20251001-v1:0', 'budget'],
    ['google', 'gemini-3.5-flash', 'effort'],
    ['google', 'gemini-2.5-pro', 'budget'],
  ])('knows how reasoning is asked of %s/%s: by %s', (provider, model, expected) => {
    expect(findCatalogModel(provider, model)?.capabilities?.reasoningBy).toBe(expected);
  });

  it('says of every Claude and Gemini how reasoning is asked of it', () => {
    const families = models.filter(({ id, maxOutputTokens }) => maxOutputTokens > 0 && /claude|gemini/.test(id));
    const unsaid = families.filter(({ capabilities }) => capabilities?.reasoningBy === undefined);

    expect(families.length).toBeGreaterThan(50);
    expect(unsaid).toEqual([]);
  });

  it('charges for Claude on Bedrock what Anthropic does, and a tenth more within a geography', () => {
    const priceOf = (provider: string, id: string): Price | undefined => findCatalogModel(provider, id)?.price;

    const own = priceOf('anthropic', 'claude-haiku-5-5');
    const global = priceOf('bedrock', 'global.anthropic.claude-haiku-5-5');
    const european = priceOf('bedrock', 'eu.anthropic.claude-haiku-5-5');

    expect(global).toEqual(own);
    expect(european).toMatchObject({ inputPerMillion: 110_000, outputPerMillion: 550_000 });
    expect(european?.longContext).toMatchObject({ aboveInputTokens: 100_000, cacheWrite1hPerMillion: 1_100_000 });
  });

  it('has no price for an id of Bedrock whose rate depends on the region', () => {
    const bare = listCatalogModels('bedrock').filter(({ id }) => !/^(global|us|eu|au|jp|apac)\./.test(id));

    expect(bare).toEqual([]);
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
