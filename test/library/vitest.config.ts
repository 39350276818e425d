import { defineConfig } from 'vitest/config';

// Apart from the unit tests: these pack the library and install it, for which npm asks its registry.
export default defineConfig({
  test: {
    include: ['test/library/**/*.test.ts'],
    globalSetup: ['test/library/pack.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
