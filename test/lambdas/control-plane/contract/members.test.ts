import { expect, it } from 'vitest';
import { memberOperations } from '../../../../lambdas/control-plane/contract/members.ts';

const { body } = memberOperations.createMember;
const accepts = (subject: string): boolean => body.safeParse({ subject, role: 'member' }).success;

it('takes a subject as issuer and subject', () => {
  expect(accepts('https://idp.example.com#248289761001')).toBe(true);
  expect(accepts('https://idp.example.com#a#b')).toBe(true);
});

it.each([
  'https://idp.example.com',
  '#248289761001',
  'https://idp.example.com#',
  'https://idp#a b',
  'https://idp#\u009b2J',
])('takes no %s', (subject) => {
  expect(accepts(subject)).toBe(false);
});

// With an expression that can match it in many ways, this takes minutes and ends in the timeout.
it('has done with a text as long as a body can be', () => {
  expect(accepts(`${'#'.repeat(250_000)} `)).toBe(false);
  expect(accepts(`a${'#'.repeat(250_000)} `)).toBe(false);
});
