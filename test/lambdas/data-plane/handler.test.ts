import { PassThrough } from 'node:stream';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StreamingHandler } from '../../../lambdas/http/lambda-adapter.ts';

let handler: StreamingHandler;

beforeAll(async () => {
  for (const [name, value] of Object.entries({
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    TABLE_POLICY: 'policy',
    TABLE_METER: 'meter',
    TABLE_REQUESTS: 'requests',
    TABLE_VAULT: 'vault',
    VAULT_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/vault',
  })) {
    vi.stubEnv(name, value);
  }
  // The runtime's own global, as far as loading the handler needs it.
  vi.stubGlobal('awslambda', { streamifyResponse: (given: StreamingHandler) => given });
  handler = (await import('../../../lambdas/data-plane/handler.ts')).handler as StreamingHandler;
});

afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it('throws nothing of what it was given, since the runtime logs all that is thrown, and says where it failed', async () => {
  const output: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(String(text)) > 0);
  const event = {
    get httpMethod(): string {
      throw Object.assign(new SyntaxError('Unexpected token, "a prompt"'), { cause: 'a prompt', body: 'a prompt' });
    },
  } as Parameters<StreamingHandler>[0];

  const failure: unknown = await handler(event, new PassThrough(), {} as Context).catch((error: unknown) => error);

  vi.restoreAllMocks();
  expect(failure).toMatchObject({ name: 'SyntaxError', message: 'see the fault logged before' });
  expect(failure).not.toHaveProperty('cause');
  expect(failure).not.toHaveProperty('body');
  expect((failure as Error).stack).not.toContain('a prompt');
  expect((failure as Error).stack).toContain('handler.ts');
  expect(output.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'fault', 'gatehouse.fault.kind': 'unexpected-error', 'error.type': 'SyntaxError', 'gatehouse.faults': 1 },
  ]);
  expect(output.join('')).not.toContain('a prompt');
});
