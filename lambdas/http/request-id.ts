import { randomFillSync } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const timeLength = 10;
const randomLength = 16;
const pattern = new RegExp(`^req_[${alphabet}]{${timeLength + randomLength}}$`);

/** `req_` and a ULID: sorts by time, and its time finds the day partition the record lies in. */
export function createRequestId(now: number, random: (bytes: number) => Buffer = pooledRandom): string {
  let time = '';
  for (let rest = now, i = 0; i < timeLength; i += 1) {
    time = `${alphabet[rest % 32]}${time}`;
    rest = Math.floor(rest / 32);
  }
  let tail = '';
  for (const byte of random(randomLength)) tail += alphabet[byte % 32];
  return `req_${time}${tail}`;
}

/** One call into the random generator costs as much for 16 bytes as for 4,096. */
const pool = Buffer.alloc(4096);
let poolUsed = pool.length;

function pooledRandom(bytes: number): Buffer {
  if (poolUsed + bytes > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  poolUsed += bytes;
  return pool.subarray(poolUsed - bytes, poolUsed);
}

/** Epoch milliseconds at which the id was made, or `undefined` when it is not one of ours. */
export function requestIdTime(id: string): number | undefined {
  if (!pattern.test(id)) return undefined;
  let time = 0;
  for (const character of id.slice(4, 4 + timeLength)) time = time * 32 + alphabet.indexOf(character);
  return time;
}
