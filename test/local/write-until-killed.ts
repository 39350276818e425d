import { createAwsTransport } from '../../lambdas/aws/json-transport.ts';
import { startLocalDynamo } from '../../local/dynamodb.ts';

// Run by dynamodb.test.ts as a process of its own: writes for ever, printing each key once its write was acknowledged.
const { endpoint } = await startLocalDynamo({ path: process.argv[2] });
const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' });
const transport = createAwsTransport({ service: 'dynamodb', region: 'local', endpoint, credentials });

async function write(writer: number): Promise<void> {
  for (let index = 0; ; index += 1) {
    const pk = `${writer}-${index}`;
    await transport.call('PutItem', { TableName: 'meter', Item: { pk: { S: pk }, text: { S: pk.repeat(50) } } });
    process.stdout.write(`${pk}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
