import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import { bedrock } from '../../../../lambdas/providers/bedrock.ts';
import { buildUpstreamRequest } from '../../../../lambdas/routing/build-upstream-request.ts';
import { createUpstreamClient } from '../../../../lambdas/routing/upstream.ts';
import { parseJsonBody } from '../../../../lambdas/wire/json-body.ts';
import { openaiEmbeddings } from '../../../../lambdas/wire/openai-embeddings.ts';
import { type SignedRequest, verifySignature } from '../../../fixtures/signature-version-4.ts';
import { json, startUpstream } from '../../../fixtures/upstream.ts';
import { providerAt, targetAt } from '../call.ts';

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const keys = {
  kind: 'aws-keys',
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: new Secret(secretAccessKey),
  sessionToken: new Secret('session/token+with=marks'),
} as const;

/** Names with everything that a path has to encode: a version's colon, and the slashes of an ARN. */
const models = [
  'eu.anthropic.claude-sonnet-5',
  'amazon.titan-embed-text-v2:0',
  'arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123',
  'a model (of ours)!*~+%25',
];

test.each(models)("AWS's own client signs a path of %s that the check of these tests accepts", async (modelId) => {
  let arrived: SignedRequest | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      arrived = { method, target: url, headers, body: Buffer.concat(chunks) };
      response.setHeader('content-type', 'application/json');
      response.end('{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn"}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = new BedrockRuntimeClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: keys.accessKeyId, secretAccessKey, sessionToken: 'session' },
  });
  onTestFinished(async () => {
    client.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  await client.send(new ConverseCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }));

  const verdict = verifySignature(arrived!, secretAccessKey);
  expect(verdict).toMatchObject({ region: 'eu-west-1', service: 'bedrock', isValid: true });
});

test.each(models)(
  'a request for %s arrives with the signature that its bytes, path and headers ask for',
  async (model) => {
    const upstream = await startUpstream(json({}));
    const client = createUpstreamClient({ allowPrivateAddresses: true });
    onTestFinished(async () => {
      client.close();
      await upstream.close();
    });
    const scope = { service: 'bedrock', region: 'eu-west-1' };
    const provider = providerAt(upstream.url, {
      paths: { 'openai-embeddings': '/model/{model}/invoke' },
      auth: { kind: 'sigv4', scope },
    });

    const built = builtFor(targetAt('', { provider, model, protocol: 'openai-embeddings' }));
    await client.post({
      ...built,
      timeouts: { connectMs: 5000, firstByteMs: 5000, idleMs: 5000, totalMs: 5000 },
      signal: new AbortController().signal,
    });

    const { path, headers, body } = upstream.requests[0]!;
    const verify = (changes: Partial<SignedRequest> = {}) =>
      verifySignature({ method: 'POST', target: path, headers, body, ...changes }, secretAccessKey);
    expect(path).toBe(`/model/${encodeURIComponent(model)}/invoke`);
    expect(verify()).toEqual({
      accessKeyId: 'ASIAEXAMPLE',
      ...scope,
      signedHeaders: ['content-type', 'host', 'x-amz-date', 'x-amz-security-token'],
      isValid: true,
    });
    const changed = [
      { target: `${path}x` },
      { body: Buffer.from('{}') },
      { headers: { ...headers, host: 'elsewhere' } },
    ];
    expect(changed.map((change) => verify(change).isValid)).toEqual([false, false, false]);
  },
);

test.each(['ap-southeast-2', 'us-gov-west-1'])(
  'the built-in Bedrock is called and signed in the region of the data plane: %s',
  (region) => {
    // Each region is another process; a signer lives as long as its provider.
    const provider = { ...bedrock, paths: { 'openai-embeddings': '/model/{model}/invoke' } };

    const { url, headers, body } = builtFor(targetAt('', { provider, protocol: 'openai-embeddings' }), region);

    const verdict = verifySignature({ method: 'POST', target: url.pathname, headers, body }, secretAccessKey);
    expect(url.host).toBe(`bedrock-runtime.${region}.amazonaws.com`);
    expect(verdict).toMatchObject({ region, service: 'bedrock', isValid: true });
  },
);

function builtFor(target: ReturnType<typeof targetAt>, region = 'eu-central-1') {
  const body = parseJsonBody(Buffer.from('{"model":"m","input":"Ein Satz – mit Zeichen"}'));
  return buildUpstreamRequest(
    {
      protocol: openaiEmbeddings,
      facts: openaiEmbeddings.readRequest(body),
      body,
      headers: { 'x-amz-date': '19700101T000000Z', 'x-amz-security-token': 'of the caller' },
      maxOutputTokens: undefined,
      via: '1.1 gatehouse',
      region,
    },
    target,
    keys,
  );
}
