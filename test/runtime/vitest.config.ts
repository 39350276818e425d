import { defineConfig } from 'vitest/config';

// Apart from the unit tests: these run the built bundle, in several processes, against the clock.
export default defineConfig({
  test: {
    include: ['test/runtime/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
