import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { featureFlags } from './synthesize.ts';

describe('cdk.json', () => {
  it('sets every feature flag that the installed CDK recommends', () => {
    const library = dirname(createRequire(import.meta.url).resolve('aws-cdk-lib/package.json'));

    const recommended: unknown = JSON.parse(readFileSync(join(library, 'recommended-feature-flags.json'), 'utf8'));

    expect(featureFlags).toMatchObject(z.record(z.string(), z.unknown()).parse(recommended));
  });

  it('asks the network for nothing at synth', () => {
    const settings: unknown = JSON.parse(readFileSync('cdk.json', 'utf8'));

    expect(settings).toMatchObject({ notices: false, versionReporting: false, context: { 'cli-telemetry': false } });
  });
});
