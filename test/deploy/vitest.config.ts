import { defineConfig } from 'vitest/config';

// Apart from the unit tests: these deploy the app with the CDK command line, and each file is one story told in order.
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    // What follows a step that failed says nothing.
    bail: 1,
  },
});
