import { createServer, type Socket } from 'node:net';
import type { GetItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { createStoreAnswers, dataKey, type StoreAnswers } from './store-answers.ts';

/**
 * DynamoDB and KMS, reduced to their answers: a process of its own, so that none of its work is charged to Gatehouse, and as
 * little HTTP as the lean client needs, since two cores are shared and every microsecond here would look like latency there.
 */
const answering = createStoreAnswers(process.env['BENCH_UPSTREAM_URL'] ?? '');

createServer({ noDelay: true }, (socket) => {
  void answering.then((answers) => serve(socket, answers));
}).listen();

const bodyMark = '\r\n\r\n';

function serve(socket: Socket, answers: StoreAnswers): void {
  let received = '';
  // The inputs are ASCII, so a character is a byte.
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    received += text;
    for (;;) {
      const bodyAt = received.indexOf(bodyMark) + bodyMark.length;
      if (bodyAt < bodyMark.length) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < bodyAt + length) return;
      const operation = /\r\nx-amz-target: \w+\.(\w+)/i.exec(received)?.[1];
      const body = JSON.stringify(answerTo(answers, operation, received.slice(bodyAt, bodyAt + length)), base64);
      received = received.slice(bodyAt + length);
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    }
  });
}

function answerTo(answers: StoreAnswers, operation: string | undefined, body: string): object {
  if (operation === 'GetItem') return answers.getItem(JSON.parse(body) as GetItemCommandInput);
  if (operation === 'UpdateItem') return answers.updateItem(JSON.parse(body) as UpdateItemCommandInput);
  if (operation === 'Decrypt') return { Plaintext: dataKey().toString('base64') };
  return {};
}

function base64(_name: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBuffer && 'data' in value ? Buffer.from(value.data as number[]).toString('base64') : value;
}
