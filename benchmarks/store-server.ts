import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { GetItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { createStoreAnswers, dataKey, type StoreAnswers } from './store-answers.ts';

/** DynamoDB and KMS, reduced to their answers: a process of its own, so that none of its work is charged to Gatehouse. */

const answering = createStoreAnswers(process.env['BENCH_UPSTREAM_URL'] ?? '');

createServer(
  { keepAliveTimeout: 65_000, noDelay: true },
  (incoming, response) => void answer(incoming, response),
).listen();

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const answers = await answering;
  const input = JSON.parse(await text(incoming)) as unknown;
  const body = JSON.stringify(answerTo(answers, String(incoming.headers['x-amz-target']), input), base64);
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function answerTo(answers: StoreAnswers, target: string, input: unknown): object {
  const operation = target.slice(target.indexOf('.') + 1);
  if (operation === 'GetItem') return answers.getItem(input as GetItemCommandInput);
  if (operation === 'UpdateItem') return answers.updateItem(input as UpdateItemCommandInput);
  if (operation === 'Decrypt') return { Plaintext: dataKey().toString('base64') };
  return {};
}

function base64(_name: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBuffer && 'data' in value ? Buffer.from(value.data as number[]).toString('base64') : value;
}
