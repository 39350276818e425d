/**
 * Preloaded (`node --import`) into a process whose waiting times are longer than a test may take: each SIGUSR2 puts its clock 31
 * seconds ahead.
 */
const realNow = Date.now;
let aheadMs = 0;

Date.now = () => realNow() + aheadMs;
process.on('SIGUSR2', () => {
  aheadMs += 31_000;
});
