import { expect, test } from 'vitest';
import { requestLine, requestTitles } from '../../cli/request-view.ts';
import { requestSample } from './samples.ts';

test('a request’s numbers stand below their titles, however long the name of its end is', () => {
  const titles = requestTitles((text) => text);
  const ends = { ...requestSample, errorCode: 'provider_credential_refused', latencyMs: 4711, status: 502 };

  const line = requestLine(ends);

  for (const [title, value] of [
    ['STATUS', '502'],
    ['MS', '4711'],
  ] as const) {
    const end = titles.indexOf(title) + title.length;
    expect(line.slice(end - value.length, end)).toBe(value);
  }
  expect(line).toMatch(/provider_credential_refused$/);
});
