import { InvalidArgumentError } from 'commander';
import { usageError } from './cli-error.ts';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * `45s`, `90m`, `12h`, `30d`, `2w`: seconds.
 *
 * @throws InvalidArgumentError
 */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhdw])$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give a whole number and a unit: 45s, 90m, 12h, 30d or 2w.');
  return Number(match[1]) * (unitSeconds[match[2] ?? 's'] ?? 1);
}

/**
 * A moment as ISO 8601 UTC. Takes a day (its first moment in UTC) or a date and time with `Z` or an offset: without one it would
 * mean something else on every machine.
 *
 * @throws InvalidArgumentError
 */
export function parseMoment(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const hasZone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const time = isDay || hasZone ? Date.parse(text) : Number.NaN;
  // `Date` turns February 30 into March.
  if (Number.isNaN(time) || !isRealDay(text.slice(0, 10))) {
    throw new InvalidArgumentError('Give a UTC day (2026-12-31) or a time with its zone (2026-12-31T18:00:00Z).');
  }
  return new Date(time).toISOString();
}

/**
 * A moment in the past: as `parseMoment`, or how long ago (`2h`).
 *
 * @throws InvalidArgumentError
 */
export function parsePastMoment(text: string): string {
  return /^\d+[a-z]$/.test(text) ? momentAfter(-parseDuration(text)) : parseMoment(text);
}

/**
 * `2026-12-31`.
 *
 * @throws InvalidArgumentError
 */
export function parseDay(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || !isRealDay(text)) {
    throw new InvalidArgumentError('Give a UTC day, such as 2026-12-31.');
  }
  return text;
}

/**
 * ISO 8601 UTC, so many seconds from now.
 *
 * @throws CliError (usage)
 */
export function momentAfter(seconds: number): string {
  const time = Date.now() + seconds * 1000;
  if (Math.abs(time) > 8.64e15) throw usageError('That is beyond what a date can hold.');
  return new Date(time).toISOString();
}

function isRealDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
