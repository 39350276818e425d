import { describe, expect, it } from 'vitest';
import { urlFault } from '../../../../../lambdas/control-plane/admin/routing/endpoint-url.ts';

const inPublic = { allowPrivate: false };
const anywhere = { allowPrivate: true };

describe('urlFault', () => {
  it.each([
    'https://api.example.com/v1',
    'https://api.example.com:8443/v1',
    'https://203.0.113.7/v1',
    'https://[2606:4700::1111]/',
    'https://localhost.example.com',
    'https://internal.example.com',
  ])('finds nothing wrong with %s', (url) => {
    expect(urlFault(url, inPublic)).toBeUndefined();
  });

  it.each([
    'https://127.0.0.1/v1',
    'https://127.1/v1',
    'https://2130706433/v1',
    'https://0x7f000001/v1',
    'https://0177.0.0.1/v1',
    'https://10.1.2.3',
    'https://172.16.0.1',
    'https://192.168.1.1',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1',
    'https://[::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://localhost/v1',
    'https://localhost../v1',
    'https://LOCALHOST./v1',
    'https://api.localhost',
    'https://printer.local',
    'https://metadata.google.internal',
    'https://metadata.google.internal.',
    'https://nas.home.arpa',
    'https://ollama:11434',
  ])('refuses the private host of %s, unless the operator allows it', (url) => {
    expect(urlFault(url, inPublic)).toContain('public host');
    expect(urlFault(url, anywhere)).toBeUndefined();
  });

  it('refuses plain http, unless the operator allows it', () => {
    expect(urlFault('http://api.example.com', inPublic)).toContain('https://');
    expect(urlFault('http://api.example.com', anywhere)).toBeUndefined();
  });

  it.each([
    ['https://user@api.example.com', 'user name'],
    ['https://:password@api.example.com', 'password'],
    ['https://api.example.com/#', 'fragment'],
    ['https://api.example.com/v1?', 'query'],
    ['https://api.example.com/v1?key=1', 'query'],
    ['ftp://api.example.com', 'http'],
    ['nonsense', 'http'],
  ])('refuses %s everywhere, without repeating it', (url, hint) => {
    for (const rules of [inPublic, anywhere]) {
      expect(urlFault(url, rules)).toContain(hint);
      expect(urlFault(url, rules)).not.toContain('example.com');
    }
  });

  it('takes a query where one may be', () => {
    expect(urlFault('https://login.example.com/token?tenant=a', { ...inPublic, allowQuery: true })).toBeUndefined();
  });
});
