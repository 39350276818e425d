import * as z from 'zod';
import { startLambdaHost } from '../runtime/lambda-host.ts';
import type { LambdaHost } from '../runtime/lambda-host.ts';
import { aws } from './commands.ts';
import type { DeployedFunction } from './deployed-code.ts';
import type { Emulator } from './emulator.ts';

/** Time between two chunks of the provider. */
export const gapMs = 200;
export const streamedWords = ['one', ' two', ' three', ' four', ' five'];

function chunk(delta: object, finish: string | null = null): object {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
}

/** What the provider streams, word by word. */
export const streamedAnswer: readonly (object | string)[] = [
  ...streamedWords.map((content) => chunk({ content })),
  chunk({}, 'stop'),
  { ...chunk({}), choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } },
  '[DONE]',
];

export interface ReceivedWord {
  readonly text: string;
  /** Milliseconds since the request was sent. */
  readonly at: number;
}

/**
 * Calls the code that was deployed with the variables it was deployed with, against the deployed tables, key and secret, but run by
 * the real runtime client instead of the emulator's. It runs with the rights of the account's owner: nobody but Lambda may assume
 * the function's role.
 */
export async function streamThroughRuntimeClient(
  emulator: Emulator,
  deployed: DeployedFunction,
  { key }: { readonly key: string },
): Promise<{ host: LambdaHost; chunks: readonly ReceivedWord[] }> {
  const secretId = deployed.environment['ORIGIN_SECRET_ARN'] ?? '';
  const secret = ['secretsmanager', 'get-secret-value', '--secret-id', secretId];
  const { SecretString } = await aws<{ SecretString: string }>(emulator, ...secret);
  const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = emulator.environment;
  const host = await startLambdaHost({
    codeFolder: deployed.codeFolder,
    handler: deployed.handler,
    environment: {
      ...deployed.environment,
      AWS_ENDPOINT_URL: AWS_ENDPOINT_URL ?? '',
      AWS_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID ?? '',
      AWS_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY ?? '',
      ALLOW_PRIVATE_ADDRESSES: 'true',
    },
    originHeader: z.object({ current: z.string() }).parse(JSON.parse(SecretString)).current,
  });
  try {
    return { host, chunks: await readWords(host, key) };
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function readWords(host: LambdaHost, key: string): Promise<readonly ReceivedWord[]> {
  const started = performance.now();
  const response = await fetch(`${host.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'lab/m', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
  });
  if (response.status !== 200 || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  const words: ReceivedWord[] = [];
  for await (const bytes of response.body) {
    const at = performance.now() - started;
    for (const [, text = ''] of Buffer.from(bytes)
      .toString()
      .matchAll(/"content":"([^"]*)"/g))
      words.push({ text, at });
  }
  return words;
}
