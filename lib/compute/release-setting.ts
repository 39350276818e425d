import * as z from 'zod';

/**
 * How a new version of a function takes over: `canary` sends it 10 % of calls for five minutes and then the rest, `linear` 10 % more
 * each minute, both taken back when an alarm rings. `all-at-once` makes nothing for it: for sandboxes, emulators, and to get a fix out
 * while an alarm rings.
 */
export const releaseSetting = z.enum(['canary', 'linear', 'all-at-once']).default('canary');
