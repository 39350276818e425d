import { expect, it } from 'vitest';
import { invalidRequest } from '../../../../lambdas/control-plane/admin/problem.ts';

const faults = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ field: `body.${index}`, message: 'is not known here' }));

it('names every field that is wrong', () => {
  const { detail, errors } = invalidRequest(...faults(20));

  expect(errors).toHaveLength(20);
  expect(detail).toMatch(/^body\.0: is not known here; .*body\.19: is not known here$/);
});

it('answers a body of thousands of wrong fields with the first twenty', () => {
  const { detail, errors } = invalidRequest(...faults(25_000));

  expect(errors).toHaveLength(20);
  expect(detail).toMatch(/; and 24980 more$/);
});
