import { describe, expect, expectTypeOf, it } from 'vitest';
import type { ControlPlaneDependencies } from '../../../../../lambdas/control-plane/admin/dependencies.ts';
import type { KeyGenerator, KeyUnwrapper } from '../../../../../lambdas/crypto/key-wrapper.ts';
import { createLocalKeyWrapper } from '../../../../../lambdas/crypto/local-key-wrapper.ts';

type Member = ControlPlaneDependencies[keyof ControlPlaneDependencies];
type KeyOfRegion = ControlPlaneDependencies['keyGenerators'] extends ReadonlyMap<string, infer Key> ? Key : never;

describe('the control plane', () => {
  it('is given nothing that opens a secret', () => {
    expectTypeOf<Extract<Member, KeyUnwrapper>>().toBeNever();
    expectTypeOf<KeyOfRegion>().toEqualTypeOf<KeyGenerator>();
    expectTypeOf<KeyOfRegion>().not.toExtend<KeyUnwrapper>();
    // @ts-expect-error A key generator has no such member.
    expectTypeOf<KeyOfRegion['unwrapDataKey']>().toBeFunction();
  });

  it('gets of the local key wrapper a half that does not lead to the other', () => {
    const { generator } = createLocalKeyWrapper(Buffer.alloc(32, 1));

    const reachable = [...Object.keys(generator), ...Object.getOwnPropertyNames(Object.getPrototypeOf(generator))];

    expect(Object.keys(generator)).toEqual(['generateDataKey']);
    expect(reachable).not.toContain('unwrapDataKey');
  });
});
