import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // test/runtime needs real runtime processes and has its own command, `npm run test:lambda`.
    // test/library packs and installs the package: `npm run test:library`.
    // test/deploy deploys the app to an emulator: `npm run test:deploy`.
    exclude: ['test/runtime/**', 'test/library/**', 'test/deploy/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // `.ci/run` adds these up into its closing line.
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: 'dist/test-results/unit.json' }]] : ['default'],
  },
});
