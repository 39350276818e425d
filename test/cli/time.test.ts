import { describe, expect, test } from 'vitest';
import { momentAfter, parseDay, parseDuration, parseMoment, parsePastMoment } from '../../cli/time.ts';

describe('times on the command line', () => {
  test.each([
    ['45s', 45],
    ['90m', 5400],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['2w', 1_209_600],
    ['0s', 0],
  ])('%s is %d seconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(['', '30', 'd', '1.5h', '-1h', '1h30m', '1y', '9999999999s'])('%j is no duration', (text) => {
    expect(() => parseDuration(text)).toThrow(/unit/);
  });

  test.each([
    ['2026-12-31', '2026-12-31T00:00:00.000Z'],
    ['2026-12-31T18:00Z', '2026-12-31T18:00:00.000Z'],
    ['2026-12-31T18:00:00+02:00', '2026-12-31T16:00:00.000Z'],
  ])('%s is the moment %s', (text, expected) => {
    expect(parseMoment(text)).toBe(expected);
  });

  test.each(['2026-12-31T18:00:00', '2026-02-30', '2026-02-30T00:00:00Z', '31.12.2026', 'tomorrow', '2026-13-01'])(
    '%j is no moment',
    (text) => {
      expect(() => parseMoment(text)).toThrow(/zone/);
    },
  );

  test('a duration stands for a moment so long ago where the past is meant', () => {
    const before = Date.now();

    const moment = Date.parse(parsePastMoment('2h'));

    expect(moment).toBeGreaterThanOrEqual(before - 7_200_000);
    expect(moment).toBeLessThanOrEqual(Date.now() - 7_200_000);
    expect(parsePastMoment('2026-12-31')).toBe('2026-12-31T00:00:00.000Z');
  });

  test('a day is a day of the calendar', () => {
    expect(parseDay('2028-02-29')).toBe('2028-02-29');
    expect(() => parseDay('2026-02-29')).toThrow(/UTC day/);
    expect(() => parseDay('2026-2-1')).toThrow(/UTC day/);
  });

  test('a duration beyond all dates is refused', () => {
    expect(() => momentAfter(999_999_999 * 604_800)).toThrow(/beyond/);
  });
});
