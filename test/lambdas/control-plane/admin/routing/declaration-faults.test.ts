import { describe, expect, it } from 'vitest';
import { declarationFaults } from '../../../../../lambdas/control-plane/admin/routing/declaration-faults.ts';
import type { ProviderDeclaration } from '../../../../../lambdas/store/policy.ts';

const declaration: ProviderDeclaration = {
  baseUrl: 'https://llm.example.com/v1',
  protocols: ['openai-chat'],
  auth: { kind: 'bearer' },
  models: [{ id: '*', free: true }],
};

const faultsOf = (changes: Partial<ProviderDeclaration>) =>
  declarationFaults({ ...declaration, ...changes }, { allowPrivate: false });

describe('declarationFaults', () => {
  it.each<[ProviderDeclaration['auth'], string?]>([
    [{ kind: 'bearer' }],
    [{ kind: 'none' }],
    [{ kind: 'header' }],
    [{ kind: 'header', name: 'api-key' }],
    [{ kind: 'query', name: 'key' }],
    [{ kind: 'sigv4', name: 'bedrock/eu-west-1' }],
    [{ kind: 'sigv4' }, 'https://bedrock-runtime.eu-west-1.amazonaws.com'],
  ])('finds nothing wrong with %j', (auth, baseUrl = declaration.baseUrl) => {
    expect(faultsOf({ auth, baseUrl })).toEqual([]);
  });

  it.each<[ProviderDeclaration['auth'], string]>([
    [{ kind: 'header', name: 'Host' }, 'another header'],
    [{ kind: 'header', name: 'content-length' }, 'another header'],
    [{ kind: 'header', name: 'Transfer-Encoding' }, 'another header'],
    [{ kind: 'header', name: 'Authorization' }, '"bearer"'],
    [{ kind: 'header', name: 'a/b' }, 'header, without'],
    [{ kind: 'query', name: 'a/b' }, 'query parameter'],
    [{ kind: 'bearer', name: 'x' }, 'left out'],
    [{ kind: 'none', name: 'x' }, 'left out'],
    [{ kind: 'sigv4' }, 'service/region'],
    [{ kind: 'sigv4', name: 'bedrock' }, 'service/region'],
  ])('refuses %j', (auth, hint) => {
    expect(faultsOf({ auth })).toEqual([{ field: 'auth.name', message: expect.stringContaining(hint) }]);
  });

  it('names every model that is listed again, and a private address beside it', () => {
    const models = [
      { id: 'a', free: true } as const,
      { id: 'b', free: true } as const,
      { id: 'a', free: true } as const,
    ];

    const faults = faultsOf({ baseUrl: 'https://10.0.0.1', models });

    expect(faults.map(({ field }) => field)).toEqual(['baseUrl', 'models.2.id']);
  });
});
