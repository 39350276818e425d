import { expect, it } from 'vitest';
import { isSecureUrl } from '../../../../lambdas/control-plane/sign-in/secure-url.ts';

it.each([
  'https://idp.example.com',
  'https://idp.example.com:8443/a',
  'http://localhost:1',
  'http://127.0.0.1:1',
  'http://[::1]:1',
])('accepts %s', (url) => {
  expect(isSecureUrl(url)).toBe(true);
});

it.each([
  'http://idp.example.com',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'http://10.0.0.1',
  'ftp://localhost',
  'file:///etc/passwd',
  'idp.example.com',
  '',
])('refuses "%s"', (url) => {
  expect(isSecureUrl(url)).toBe(false);
});
