import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { followOneByOne } from '../runtime/held-stream.ts';
import type { HeldStream } from '../runtime/held-stream.ts';
import { startLambdaHost } from '../runtime/lambda-host.ts';
import type { LambdaHost } from '../runtime/lambda-host.ts';
import { aws } from './commands.ts';
import type { DeployedFunction } from './deployed-code.ts';
import type { Emulator } from './emulator.ts';

/** How long the provider thinks before each event. */
const pauseMs = 200;

function event(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

function chunk(delta: object, finish: string | null = null): object {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
}

/** What the provider streams, word by word. */
export const streamedEvents: readonly string[] = [
  ...['one', ' two', ' three', ' four', ' five'].map((content) => event(chunk({ content }))),
  event(chunk({}, 'stop')),
  event({ ...chunk({}), choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }),
  event('[DONE]'),
];

export interface StreamedAnswer {
  /** What the caller had after each event of the provider. */
  readonly events: readonly string[];
  /** Milliseconds after the request at which the provider sent each. */
  readonly sentAt: readonly number[];
}

/**
 * Calls the code that was deployed with the variables it was deployed with, against the deployed tables, key and secret, but run by
 * the real runtime client instead of the emulator's. The provider sends each event only when the caller has the one before. The code
 * runs with the rights of the account's owner: nobody but Lambda may assume the function's role.
 */
export async function streamThroughRuntimeClient(
  emulator: Emulator,
  deployed: DeployedFunction,
  { key, provider }: { readonly key: string; readonly provider: HeldStream },
): Promise<StreamedAnswer> {
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
    return await followStream(host, key, provider);
  } finally {
    await host.close();
  }
}

async function followStream({ url }: LambdaHost, key: string, provider: HeldStream): Promise<StreamedAnswer> {
  const started = performance.now();
  const sentAt: number[] = [];
  const thinking: HeldStream = {
    ...provider,
    send: async (next) => {
      await setTimeout(pauseMs);
      sentAt.push(Math.round(performance.now() - started));
      await provider.send(next);
    },
  };
  const answering = fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'lab/m',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'hi' }],
    }),
  });
  return { events: await followOneByOne(thinking, answering, streamedEvents), sentAt };
}
