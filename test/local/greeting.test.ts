import { describe, expect, it } from 'vitest';
import { greetingOf } from '../../local/greeting.ts';

const server = {
  proxyUrl: 'http://127.0.0.1:8787',
  adminUrl: 'http://127.0.0.1:8788',
  adminToken: 'token',
  apiKey: 'gh_key',
  replacedApiKey: false,
  organization: 'org_1',
  workspace: 'ws_1',
  providers: ['sim', 'openai'],
  returnedHolds: 0,
};

describe('the greeting', () => {
  it('names addresses that open, and says nothing of what did not happen', () => {
    const text = greetingOf(server, '.gatehouse');

    expect(text).toContain('curl -N http://127.0.0.1:8787/v1/chat/completions');
    expect(text).toMatch(/Control plane +http:\/\/127\.0\.0\.1:8788\/admin\/v1\n/);
    expect(text).toContain('\nnpx gatehouse usage --organization org_1\n');
    expect(text).not.toMatch(/is new|Returned/);
  });

  it('says that a key took the place of another, and that reservations were returned', () => {
    const text = greetingOf({ ...server, replacedApiKey: true, returnedHolds: 2 }, '.gatehouse');

    expect(text).toContain('\nThe API key is new: the one before is revoked, or of an earlier release.\n');
    expect(text).toContain('\nReturned what an interrupted run had reserved on 2 meters.\n');
  });

  it.each([
    ['/var/gatehouse', '--data-dir /var/gatehouse\n'],
    ["my 'own' state", String.raw`--data-dir 'my '\''own'\'' state'` + '\n'],
  ])('tells the command line of the data folder %s', (folder, flag) => {
    expect(greetingOf(server, folder)).toContain(flag);
  });
});
