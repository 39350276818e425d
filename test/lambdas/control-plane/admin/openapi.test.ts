import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../../lambdas/control-plane/admin/openapi.ts';
import { operationIds } from '../../../../lambdas/control-plane/contract/operations.ts';

const file = fileURLToPath(new URL('../../../../docs/openapi.json', import.meta.url));

/** What the linter finds wrong, under its strictest rules. */
async function lint(document: object): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
}

describe('the OpenAPI document', () => {
  it('lints clean', async () => {
    const problems = await lint(openApiDocument());

    expect(problems).toEqual([]);
  });

  it('is linted by rules that find something', async () => {
    const { security: _, ...unprotected } = structuredClone(openApiDocument());

    const problems = await lint(unprotected);

    expect(problems.join('\n')).toContain('security-defined');
  });

  it('has every operation of the contract', () => {
    const paths = Object.values(openApiDocument().paths ?? {});

    const ids = paths.flatMap((path) =>
      Object.values(path as Record<string, { operationId: string }>).map(({ operationId }) => operationId),
    );

    expect(ids.toSorted()).toEqual(operationIds.toSorted());
  });

  it('is what docs/openapi.json says; `npm run openapi` writes it anew', () => {
    const written = JSON.parse(readFileSync(file, 'utf8'));

    expect(written).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });
});
