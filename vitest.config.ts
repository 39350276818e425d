import { defineConfig } from 'vitest/config';

const constructs = 'test/lib/**/*.test.ts';
// test/runtime needs real runtime processes and has its own command, `npm run test:lambda`.
// test/library packs and installs the package: `npm run test:library`.
// test/deploy deploys the app to an emulator: `npm run test:deploy`.
const elsewhere = ['test/runtime/**', 'test/library/**', 'test/deploy/**'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // `.ci/run` adds these up into its closing line.
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: 'dist/test-results/unit.json' }]] : ['default'],
    projects: [
      // They share loaded modules: loading aws-cdk-lib takes longer than most of these files.
      { extends: true, test: { name: 'constructs', include: [constructs], isolate: false } },
      { extends: true, test: { name: 'code', include: ['test/**/*.test.ts'], exclude: [constructs, ...elsewhere] } },
    ],
  },
});
