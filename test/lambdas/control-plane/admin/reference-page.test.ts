import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { referencePage, referencePageHeaders } from '../../../../lambdas/control-plane/admin/reference-page.ts';
import { operationIds } from '../../../../lambdas/control-plane/contract/operations.ts';

it('allows its own style and nothing else', async () => {
  const page = (await referencePage()).toString();
  const policy = referencePageHeaders['content-security-policy'];

  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';

  expect(style).toContain('font');
  expect(policy).toContain(`style-src 'sha256-${hash('sha256', style, 'base64')}'`);
  expect(policy).toContain("default-src 'none'");
  expect(page).not.toMatch(/<(script|link|img|iframe|form)|<[^>]*\s(style|on\w+)=|(href|src)="(https?:)?\/\//);
});

it('has every operation, and leads from each to its schemas', async () => {
  const page = (await referencePage()).toString();

  for (const id of operationIds) expect(page).toContain(`id="${id}"`);
  expect(page).toContain('<a href="#CreateKey">');
  expect(page).toContain('id="CreateKey"');
});
