import { describe, expect, test } from 'vitest';
import { listCatalogModels } from '../../../lambdas/metering/catalog/catalog.ts';
import { resolveTargets, type RoutingPolicy, usableProviders } from '../../../lambdas/routing/resolve-targets.ts';
import type { Target } from '../../../lambdas/routing/target.ts';
import type {
  CatalogPolicy,
  ProviderDeclaration,
  RoutePolicy,
  WorkspacePolicy,
} from '../../../lambdas/store/policy.ts';

const openaiModel = listCatalogModels('openai').find(({ maxOutputTokens }) => maxOutputTokens > 0)!.id;
const reference = { owner: 'workspace', credential: 'c', version: 1 } as const;
const lab: ProviderDeclaration = {
  baseUrl: 'http://127.0.0.1:9/v1',
  protocols: ['openai-chat'],
  auth: { kind: 'none' },
  models: [
    { id: 'small', free: true },
    { id: 'dear', price: { inputPerMillion: 5, outputPerMillion: 7 }, contextTokens: 1000, maxOutputTokens: 100 },
    { id: 'unpriced' },
    { id: 'team/model', free: true },
  ],
};
const twin = { ...lab, models: [{ id: 'small', free: true as const }] };

interface Setting {
  readonly routes?: Record<string, RoutePolicy>;
  readonly own?: CatalogPolicy['credentials'];
  readonly platform?: CatalogPolicy['credentials'];
  readonly providers?: CatalogPolicy['providers'];
  readonly allowed?: readonly string[];
  readonly random?: number;
  readonly zeroRetention?: true;
}

function policyOf({
  routes = {},
  own = {},
  platform = {},
  providers = { lab },
  allowed,
  random = 0,
  zeroRetention,
}: Setting): RoutingPolicy {
  const workspace: WorkspacePolicy = {
    version: 1,
    organization: { id: 'o', billing: 'postpaid', retentionDays: 90, ...(zeroRetention && { zeroRetention }) },
    workspace: { id: 'w' },
    routes,
    credentials: own,
  };
  return {
    workspace,
    catalog: { version: 1, providers, credentials: platform },
    isAllowed: (names) => allowed === undefined || names.some((name) => allowed.includes(name)),
    random: () => random,
  };
}

function resolve(names: string | readonly string[], setting: Setting = {}): Target[] {
  return resolveTargets([names].flat(), 'openai-chat', policyOf(setting));
}

const placesOf = (targets: readonly Target[]): string[] =>
  targets.map(({ provider, model }) => `${provider.name}/${model}`);
const places = (...all: Parameters<typeof resolve>): string[] => placesOf(resolve(...all));

describe('a model name', () => {
  test('is provider/model', () => {
    expect(resolve('lab/dear')).toMatchObject([
      {
        provider: { name: 'lab' },
        model: 'dear',
        price: { inputPerMillion: 5, outputPerMillion: 7 },
        credential: undefined,
        contextTokens: 1000,
        maxOutputTokens: 100,
        retries: 0,
      },
    ]);
  });

  test.each([
    ['lab/team/model', ['lab/team/model']],
    ['team/model', ['lab/team/model']],
    ['small', ['lab/small']],
    [openaiModel, [`openai/${openaiModel}`]],
    [`openai/${openaiModel}`, [`openai/${openaiModel}`]],
  ])('%s finds %j', (name, expected) => {
    expect(places(name, { own: { openai: reference } })).toEqual(expected);
  });

  test('that several providers have must say which', () => {
    const resolving = () => resolve('small', { providers: { lab, twin } });

    expect(resolving).toThrow(expect.objectContaining({ code: 'model_not_found', status: 404 }));
    expect(resolving).toThrow(/"lab\/small", "twin\/small"/);
    expect(places('twin/small', { providers: { lab, twin } })).toEqual(['twin/small']);
  });

  test('is not made ambiguous by a provider that this workspace cannot use', () => {
    const locked: ProviderDeclaration = { ...twin, auth: { kind: 'bearer' } };

    expect(places('small', { providers: { lab, locked } })).toEqual(['lab/small']);
  });

  test.each([
    ['nothing', 'model_not_found', 404],
    ['lab/nothing', 'model_not_found', 404],
    ['nobody/small', 'model_not_found', 404],
    ['/small', 'model_not_found', 404],
    ['lab/', 'model_not_found', 404],
    ['constructor', 'model_not_found', 404],
    ['__proto__', 'model_not_found', 404],
    ['toString/small', 'model_not_found', 404],
    ['lab/unpriced', 'model_not_priced', 400],
    ['openai/not-in-the-catalog', 'model_not_priced', 400],
    [`openai/${openaiModel}`, 'provider_credential_missing', 400],
  ])('%s is refused with %s', (name, code, status) => {
    expect(() => resolve(name)).toThrow(expect.objectContaining({ code, status, param: 'model' }));
  });

  test('is refused on an endpoint that its provider does not speak', () => {
    expect(() => resolveTargets(['lab/small'], 'openai-speech', policyOf({}))).toThrow(
      expect.objectContaining({ code: 'protocol_not_supported', status: 400 }),
    );
  });

  test('of a provider with a wildcard may be anything, at the price of the wildcard or its own', () => {
    const open = { ...lab, models: [{ id: '*', free: true as const }, ...lab.models.slice(1, 2)] };

    const targets = resolve(['open/whatever', 'open/dear'], { providers: { open } });

    expect(targets.map(({ price }) => price.inputPerMillion)).toEqual([0, 5]);
    expect(() => resolve('whatever', { providers: { open } })).toThrow(
      expect.objectContaining({ code: 'model_not_found' }),
    );
  });

  test('of a list is tried in the order of the list', () => {
    expect(places(['dear', 'lab/small', 'dear'])).toEqual(['lab/dear', 'lab/small', 'lab/dear']);
  });
});

describe('an allow-list', () => {
  test.each([
    ['the bare name', ['small'], true],
    ['the full name', ['lab/small'], true],
    ['another', ['lab/dear'], false],
    ['nothing', [], false],
  ])('with %s', (_name, allowed, passes) => {
    const resolving = () => resolve('lab/small', { allowed });

    if (passes) expect(resolving()).toHaveLength(1);
    else expect(resolving).toThrow(expect.objectContaining({ code: 'model_not_allowed', status: 403 }));
  });

  test('holds for every model of a fallback list', () => {
    expect(() => resolve(['small', 'dear'], { allowed: ['small'] })).toThrow(
      expect.objectContaining({ code: 'model_not_allowed' }),
    );
  });

  test('that names an alias allows what the operator put behind it', () => {
    const routes = { fast: { strategy: 'ordered' as const, targets: [{ provider: 'lab', model: 'dear' }] } };

    expect(places('fast', { routes, allowed: ['fast'] })).toEqual(['lab/dear']);
    expect(() => resolve('fast', { routes, allowed: ['lab/small'] })).toThrow(
      expect.objectContaining({ code: 'model_not_allowed' }),
    );
  });
});

describe('a route', () => {
  const targets = [
    { provider: 'lab', model: 'small', weight: 1 },
    { provider: 'lab', model: 'dear', weight: 3 },
    { provider: 'lab', model: 'team/model' },
  ];
  const [small, dear, team] = ['lab/small', 'lab/dear', 'lab/team/model'];

  test('gives its targets in order, with its timeouts and retries', () => {
    const route: RoutePolicy = { strategy: 'ordered', targets, retries: 2, timeouts: { idleMs: 5 } };

    const resolved = resolve('fast', { routes: { fast: route }, random: 0.99 });

    expect(placesOf(resolved)).toEqual([small, dear, team]);
    expect(resolved[1]).toMatchObject({ retries: 2, timeouts: { idleMs: 5 } });
  });

  test.each([
    [0, [small, dear, team]],
    [0.199, [small, dear, team]],
    [0.2, [dear, small, team]],
    [0.799, [dear, small, team]],
    [0.8, [team, small, dear]],
    [0.999, [team, small, dear]],
  ])('that is weighted draws who is first at %d, and keeps the rest as fallback', (random, expected) => {
    expect(places('fast', { routes: { fast: { strategy: 'weighted', targets } }, random })).toEqual(expected);
  });

  test('never draws a target of weight nought, but falls back to it', () => {
    const spare = [
      { provider: 'lab', model: 'small', weight: 0 },
      { provider: 'lab', model: 'dear' },
    ];

    for (const random of [0, 0.5, 0.999]) {
      expect(places('fast', { routes: { fast: { strategy: 'weighted', targets: spare } }, random })).toEqual([
        dear,
        small,
      ]);
    }
  });

  test('hides a model of the same name', () => {
    const routes = { small: { strategy: 'ordered' as const, targets: [{ provider: 'lab', model: 'dear' }] } };

    expect(places('small', { routes })).toEqual([dear]);
  });

  test('without targets, or to a provider that is gone, is no model', () => {
    const routes = {
      empty: { strategy: 'weighted' as const, targets: [] },
      broken: { strategy: 'ordered' as const, targets: [{ provider: 'gone', model: 'x' }] },
    };

    for (const name of ['empty', 'broken']) {
      expect(() => resolve(name, { routes })).toThrow(
        expect.objectContaining({ code: 'model_not_found', status: 404 }),
      );
    }
  });
});

describe('credentials', () => {
  const platform = { openai: { owner: 'platform', credential: 'p', version: 2 } as const };

  test("are the workspace's own, and the platform's where it has none", () => {
    const name = `openai/${openaiModel}`;

    expect(resolve(name, { platform })[0]?.credential).toEqual(platform.openai);
    expect(resolve(name, { platform, own: { openai: reference } })[0]?.credential).toEqual(reference);
  });

  test('decide which providers can be used', () => {
    const locked: ProviderDeclaration = { ...lab, auth: { kind: 'bearer' } };

    const usable = usableProviders(policyOf({ providers: { lab, locked }, own: { anthropic: reference }, platform }));

    expect(usable.map(({ name }) => name).toSorted()).toEqual(['anthropic', 'lab', 'openai']);
  });

  test("go to the operator's own declaration where it has a vendor's name", () => {
    const openai: ProviderDeclaration = { ...lab, auth: { kind: 'bearer' } };

    const [target] = resolve('openai/small', { providers: { openai }, own: { openai: reference } });

    expect(target).toMatchObject({ provider: { baseUrl: 'http://127.0.0.1:9/v1' }, credential: reference });
  });
});

describe('an organization that asks for zero retention', () => {
  const zeroRetention = true;
  const marked = { ...reference, zeroRetention } as const;
  const keyed: ProviderDeclaration = { ...lab, auth: { kind: 'bearer' } };
  const own: ProviderDeclaration = { ...lab, zeroRetention };
  const refusal = { code: 'zero_retention_unavailable', status: 403 };

  test('reaches providers that are declared to keep nothing, and those whose credential is', () => {
    const providers = { own, keyed };

    expect(places('own/small', { zeroRetention, providers })).toEqual(['own/small']);
    expect(places('keyed/small', { zeroRetention, providers, own: { keyed: marked } })).toEqual(['keyed/small']);
    expect(places('keyed/small', { zeroRetention, providers, platform: { keyed: marked } })).toEqual(['keyed/small']);
    expect(places(`openai/${openaiModel}`, { zeroRetention, own: { openai: marked } })).toHaveLength(1);
  });

  test.each<[string, string, Setting]>([
    ['a provider that nobody marked', 'lab/small', {}],
    ['a credential that nobody marked', 'keyed/small', { providers: { keyed }, own: { keyed: reference } }],
    [
      "the workspace's own credential, whatever the platform's is",
      'keyed/small',
      { providers: { keyed }, own: { keyed: reference }, platform: { keyed: marked } },
    ],
    ['a marked credential that is not sent', 'lab/small', { own: { lab: marked } }],
    ['a bare name of such a provider', 'dear', {}],
    ['a built-in provider', `openai/${openaiModel}`, { platform: { openai: reference } }],
  ])('is refused %s', (_, name, setting) => {
    expect(() => resolve(name, { ...setting, zeroRetention })).toThrow(expect.objectContaining(refusal));
    expect(resolve(name, setting)).toHaveLength(1);
  });

  test('skips targets of a route and fallback models that may keep something', () => {
    const targets = [
      { provider: 'lab', model: 'small' },
      { provider: 'own', model: 'small' },
    ];
    const setting: Setting = {
      zeroRetention,
      providers: { lab, own },
      routes: { alias: { strategy: 'ordered', targets }, lost: { strategy: 'ordered', targets: targets.slice(0, 1) } },
    };

    expect(places('alias', setting)).toEqual(['own/small']);
    expect(places(['lab/dear', 'own/dear'], setting)).toEqual(['own/dear']);
    expect(() => places('lost', setting)).toThrow(expect.objectContaining(refusal));
  });

  test('finds a bare name at the one provider that keeps nothing', () => {
    expect(places('small', { zeroRetention, providers: { lab, own } })).toEqual(['own/small']);
    expect(usableProviders(policyOf({ zeroRetention, providers: { lab, own } })).map(({ name }) => name)).toEqual([
      'own',
    ]);
  });

  test('still hears of a credential that is not set', () => {
    expect(() => resolve('keyed/small', { zeroRetention, providers: { keyed } })).toThrow(
      expect.objectContaining({ code: 'provider_credential_missing' }),
    );
  });
});

describe('the protocol that is spoken with a provider', () => {
  const spoken = (client: Parameters<typeof resolveTargets>[1], protocols: ProviderDeclaration['protocols']) =>
    resolveTargets(['lab/small'], client, policyOf({ providers: { lab: { ...lab, protocols } } }))[0]?.protocol;

  test("is the client's own wherever it stands in the list", () => {
    expect(spoken('anthropic-messages', ['openai-chat', 'anthropic-messages'])).toBe('anthropic-messages');
  });

  test('is else the first one that the request can be translated to', () => {
    expect(spoken('anthropic-messages', ['openai-embeddings', 'gemini', 'openai-chat'])).toBe('gemini');
    expect(spoken('gemini-count-tokens', ['gemini', 'openai-count-tokens'])).toBe('openai-count-tokens');
    expect(spoken('gemini-embeddings', ['openai-chat', 'openai-embeddings'])).toBe('openai-embeddings');
  });

  test('is none across kinds, nor for a kind that is only passed through', () => {
    expect(() => spoken('openai-embeddings', ['openai-chat'])).toThrow(
      expect.objectContaining({ code: 'protocol_not_supported' }),
    );
    expect(() => spoken('openai-speech', ['openai-chat'])).toThrow(
      expect.objectContaining({ code: 'protocol_not_supported' }),
    );
  });
});

describe('a vendor at a place with prices of its own', () => {
  const azure: ProviderDeclaration = {
    baseUrl: 'https://acme.openai.azure.com/openai/v1',
    protocols: ['openai-chat'],
    auth: { kind: 'none' },
    models: [],
  };
  const resolved = (models: ProviderDeclaration['models']) =>
    resolve(`azure/${openaiModel}`, { providers: { azure: { ...azure, models } } })[0];

  test("is not charged by the vendor's list", () => {
    expect(() => resolved([])).toThrow(expect.objectContaining({ code: 'model_not_priced' }));
  });

  test('takes the declared price, and what the catalog knows of the model beside it', () => {
    const price = { inputPerMillion: 3, outputPerMillion: 4 };
    const known = listCatalogModels('openai').find(({ id }) => id === openaiModel)!;

    expect(resolved([{ id: openaiModel, price }])).toMatchObject({
      price,
      contextTokens: known.contextTokens,
      maxOutputTokens: known.maxOutputTokens,
      capabilities: known.capabilities,
    });
  });
});
