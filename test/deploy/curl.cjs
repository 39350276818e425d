'use strict';

/** curl with addresses of AWS replaced by addresses of the emulator. Its first argument is the real program. */
const { spawnSync } = require('node:child_process');
const { emulatedAddress } = require('./emulated-addresses.cjs');

const [program, ...given] = process.argv.slice(2);
const replaced = given.flatMap((argument) => {
  if (!argument.startsWith('https://')) return [argument];
  const { url, headers } = emulatedAddress(argument, process.env.EMULATED_ENDPOINT);
  return [url, ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])];
});
process.exitCode = spawnSync(program, replaced, { stdio: 'inherit' }).status ?? 1;
