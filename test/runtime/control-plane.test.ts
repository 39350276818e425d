import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSecret } from '../../lambdas/crypto/envelope.ts';
import { getPolicy, keyPolicyId, type KeyPolicy } from '../../lambdas/store/policy.ts';
import { putRequestRecord } from '../../lambdas/store/request-record.ts';
import { getSealedCredential } from '../../lambdas/store/vault.ts';
import { startOidcProvider } from '../fixtures/oidc-provider.ts';
import { recordOf } from '../fixtures/usage.ts';
import { type Call, createCaller } from './admin-caller.ts';
import { vaultKeyArn } from './aws-services.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import type { LambdaHost } from './lambda-host.ts';
import { startStoreGate } from './store-gate.ts';

const token = 'bootstrap-token-of-the-test';
const providerSecret = 'sk-provider-secret-of-the-test';

let deployment: Deployment;
let host: LambdaHost;
let call: Call;
let organization: string;
let workspace: string;

beforeAll(async () => {
  deployment = await startDeployment();
  host = await deployment.deploy('admin', { responseMode: 'buffered', idleTimeoutSeconds: 29 });
  call = createCaller(host);
  organization = (await call('POST', '/organizations', { body: { name: 'Acme' } })).body.id;
  workspace = (await call('POST', `/organizations/${organization}/workspaces`, { body: { name: 'Lab' } })).body.id;
});

afterAll(() => deployment.close());

/** An event that no HTTP client would make API Gateway send, or only with another configuration. */
function eventOf(changes: Partial<APIGatewayProxyEvent>): object {
  const authorization = { Authorization: [`Bearer ${token}`] };
  return {
    resource: '/{proxy+}',
    path: '/admin/v1/organizations',
    httpMethod: 'GET',
    headers: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: null,
    isBase64Encoded: false,
    ...changes,
    multiValueHeaders: { ...authorization, ...changes.multiValueHeaders },
    requestContext: {
      domainName: 'local00api.execute-api.us-east-1.amazonaws.com',
      stage: 'live',
      identity: { sourceIp: '192.0.2.7' },
    },
  };
}

async function answerTo(changes: Partial<APIGatewayProxyEvent>) {
  const { statusCode, body, isBase64Encoded } = (await host.invoke(eventOf(changes))) as APIGatewayProxyResult;
  return { status: statusCode, isBase64Encoded, body: JSON.parse(body) as Record<string, unknown> };
}

describe('the admin bundle under the runtime interface client', () => {
  it('is alive, and shows its reference and its OpenAPI document to everybody', async () => {
    const alive = await fetch(`${host.url}/healthz`);
    const document = await call('GET', '/openapi.json', { token: null });
    const page = await fetch(`${host.url}/admin/v1`);

    expect([alive.status, await alive.json()]).toEqual([200, { status: 'ok' }]);
    expect(document.body).toMatchObject({ info: { title: expect.stringContaining('Gatehouse') } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<!doctype html>');
  });

  it('lets nobody in without a token it knows, and answers with problem details', async () => {
    const missing = await call('GET', '/organizations', { token: null });
    const wrong = await call('GET', '/organizations', { token: 'somebody-else' });
    const twice = await answerTo({ multiValueHeaders: { Authorization: [`Bearer ${token}`, 'Bearer other'] } });

    expect([missing.status, missing.body.code]).toEqual([401, 'missing_token']);
    expect([wrong.status, wrong.body.code]).toEqual([401, 'invalid_token']);
    expect(twice.status).toBe(401);
    expect(wrong.headers.get('content-type')).toBe('application/problem+json');
    expect(wrong.headers.get('cache-control')).toBe('no-store');
    expect(wrong.headers.get('x-request-id')).toBe(wrong.body.requestId);
  });

  it('creates a key that is published where data planes read', async () => {
    const limits = { requestsPerMinute: 10 };
    const created = await call('POST', `/workspaces/${workspace}/keys`, { body: { name: 'app', limits } });

    const { id, secret } = created.body;
    const { store, tableNames } = deployment;
    const policy = await getPolicy<KeyPolicy>(store, tableNames.policy, keyPolicyId(id));
    expect(created.status).toBe(201);
    expect(secret).toMatch(/^gh_/);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(policy).toMatchObject({ organization, workspace, limits, status: 'active' });
    expect(JSON.stringify(policy)).not.toContain(secret);
  });

  it('seals a credential under a data key of KMS, bound to its tenant, and keeps nothing of it', async () => {
    const path = `/workspaces/${workspace}/credentials/openai`;

    const stored = await call('PUT', path, { body: { secret: providerSecret } });

    const { store, tableNames, services } = deployment;
    const reference = { owner: 'workspace', credential: 'openai', version: 1 } as const;
    const { sealed, context } = (await getSealedCredential(store, tableNames.vault, workspace, reference))!;
    const [made, ...more] = services.dataKeys;
    const opened = await openSecret(sealed, context, { unwrapDataKey: async () => Buffer.from(made!.plaintext) });
    expect(stored).toMatchObject({ status: 200, body: { provider: 'openai', lastFour: 'test' } });
    expect(more).toEqual([]);
    expect(made).toMatchObject({ keyId: vaultKeyArn, context: { organization, workspace, provider: 'openai' } });
    expect(sealed.includes(made!.wrapped)).toBe(true);
    expect(opened.reveal()).toBe(providerSecret);
    // Nobody asked KMS to open anything: this function may not.
    expect(services.contexts).toEqual([]);
  });

  it('stores nothing of a credential while KMS fails, and all of it when the call is repeated', async () => {
    const { store, tableNames, services } = deployment;
    const path = `/workspaces/${workspace}/credentials/anthropic`;
    const sealedOnes = async (): Promise<number> => {
      const { Items = [] } = await store.scan({ TableName: tableNames.vault });
      return Items.filter(({ provider }) => provider?.S === 'anthropic').length;
    };

    services.keysOutOfOrder = true;
    const failed = await call('PUT', path, { body: { secret: providerSecret } });
    services.keysOutOfOrder = false;
    const nothing = await sealedOnes();
    const repeated = await call('PUT', path, { body: { secret: providerSecret } });

    expect([failed.status, failed.body.code]).toEqual([503, 'store_unavailable']);
    expect(JSON.stringify(failed.body)).not.toContain(providerSecret);
    expect([nothing, repeated.status, await sealedOnes()]).toEqual([0, 200, 1]);
  });

  it('writes down the address that API Gateway saw, whatever the caller claims', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' };
    const { body } = await call('POST', `/organizations/${organization}/workspaces`, {
      body: { name: 'seen' },
      headers,
    });

    const trail = await call('GET', `/organizations/${organization}/audit-events?limit=1`);

    expect(trail.body.data).toMatchObject([
      { action: 'workspace.create', target: `workspace/${body.id}`, sourceAddress: '127.0.0.1' },
    ]);
  });

  it('reads names from the path as they were before they were encoded', async () => {
    const path = `/workspaces/${workspace}/routes`;
    const body = { targets: [{ provider: 'openai', model: 'gpt-5-mini' }] };

    const put = await call('PUT', `${path}/fast%3A1`, { body });
    const got = await call('GET', `${path}/f%61st:1`);
    const slash = await call('PUT', `${path}/a%2Fb`, { body });
    const broken = await call('GET', `${path}/%E0%A4%A`);

    expect([put.status, put.body.name]).toEqual([200, 'fast:1']);
    expect([got.status, got.body.name]).toEqual([200, 'fast:1']);
    expect([slash.status, slash.body.errors[0].field]).toEqual([400, 'path.route']);
    expect(broken.status).toBe(400);
  });

  it('reads each query parameter as it was before it was encoded, and refuses one that comes twice', async () => {
    const model = 'a+b & c=d?%20/é';
    const { store, tableNames } = deployment;
    for (const name of [model, 'another']) {
      await putRequestRecord(
        store,
        tableNames.requests,
        recordOf({ organization, workspace, model: name }, Date.now()),
      );
    }
    const path = `/organizations/${organization}/requests`;

    const found = await call('GET', `${path}?model=${encodeURIComponent(model)}&from=2026-01-01T00%3A00%3A00Z`);
    const twice = await call('GET', `${path}?model=a&model=a`);

    expect(found.body.data).toMatchObject([{ model }]);
    expect([twice.status, twice.body.errors]).toMatchObject([400, [{ field: 'query.model' }]]);
  });

  it('reads headers in any case and a body in base64', async () => {
    const body = Buffer.from(JSON.stringify({ name: 'Überall' })).toString('base64');
    const event = {
      httpMethod: 'POST',
      path: `/admin/v1/organizations/${organization}/workspaces`,
      multiValueHeaders: { 'CONTENT-TYPE': ['application/json'], 'IDEMPOTENCY-KEY': ['once'] },
      body,
      isBase64Encoded: true,
    };

    const first = await answerTo(event);
    const second = await answerTo(event);

    expect([first.status, first.isBase64Encoded, first.body['name']]).toEqual([201, false, 'Überall']);
    expect(second.body['id']).toBe(first.body['id']);
  });

  it('refuses what is not JSON, or not text, without an echo of it', async () => {
    const path = `/organizations/${organization}/workspaces`;
    const binary = await answerTo({
      httpMethod: 'POST',
      path: `/admin/v1${path}`,
      body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x00]).toString('base64'),
      isBase64Encoded: true,
    });
    const text = await call('POST', path, {
      bytes: '{"name": "sk-secret',
      headers: { 'content-type': 'application/json' },
    });
    const form = await call('POST', path, { bytes: 'name=Lab', headers: { 'content-type': 'text/plain' } });

    expect([binary.status, binary.body['code']]).toEqual([400, 'invalid_json']);
    expect([text.status, text.body.code]).toEqual([400, 'invalid_json']);
    expect(JSON.stringify(text.body)).not.toContain('sk-secret');
    expect([form.status, form.body.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('pays no attention to the body of a GET, which API Gateway passes on', async () => {
    const answer = await answerTo({ body: '{"name":"Acme"}' });

    expect(answer.status).toBe(200);
    expect(answer.body['data']).toHaveLength(1);
  });

  it('refuses a body that is larger than any call needs', async () => {
    const name = 'x'.repeat(300 * 1024);
    const answer = await call('POST', '/organizations', { body: { name } });

    expect([answer.status, answer.body.code]).toEqual([413, 'request_too_large']);
  });

  it('knows its paths and their methods, and says so', async () => {
    const path = await call('GET', '/nothing/here');
    const outside = await fetch(`${host.url}/`);
    const method = await call('DELETE', '/organizations');
    const absent = await call('GET', '/organizations/org_nobody');

    expect([path.status, path.body.code]).toEqual([404, 'path_not_found']);
    expect([outside.status, ((await outside.json()) as { code: string }).code]).toEqual([404, 'path_not_found']);
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'POST, GET']);
    expect([absent.status, absent.body.code]).toEqual([404, 'not_found']);
  });

  it('answers without content where there is none', async () => {
    const deleted = await call('DELETE', `/workspaces/${workspace}/credentials/openai`);

    expect([deleted.status, deleted.body]).toEqual([204, undefined]);
  });

  it('has done all of this in one environment, and logged lines of metadata only', async () => {
    const coldStarts = host.invocations.map(({ coldStart }) => coldStart);
    const lines = host.log.map((line) => JSON.parse(line) as { type: string });

    expect(coldStarts).toEqual([true, ...coldStarts.slice(1).map(() => false)]);
    expect(host.invocations.filter(({ errorType }) => errorType !== undefined)).toEqual([]);
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['admin']));
    expect(lines).toHaveLength(host.invocations.length);
    for (const secret of [token, providerSecret, 'gh_', 'Acme', '203.0.113.9']) {
      expect(host.log.join('\n')).not.toContain(secret);
    }
  });
});

describe('the bootstrap token', () => {
  it('is the current one, and the previous one while it is rotated', async () => {
    const { services } = deployment;
    const before = services.bootstrapToken;
    onTestFinished(() => void (services.bootstrapToken = before));
    services.bootstrapToken = { current: 'newer', previous: 'older' };
    const fresh = createCaller(await deployment.deploy('admin', { responseMode: 'buffered' }));

    const statuses = [];
    for (const given of ['newer', 'older', token]) {
      statuses.push((await fresh('GET', '/organizations', { token: given })).status);
    }

    expect(statuses).toEqual([200, 200, 401]);
  });

  it('lets nobody in while Secrets Manager fails, and is asked for again', async () => {
    const { services } = deployment;
    const before = services.bootstrapToken;
    onTestFinished(() => void (services.bootstrapToken = before));
    services.bootstrapToken = undefined;
    const fresh = await deployment.deploy('admin', { responseMode: 'buffered' });
    const callFresh = createCaller(fresh);

    const unavailable = await callFresh('GET', '/organizations');
    const alive = await fetch(`${fresh.url}/healthz`);

    expect([unavailable.status, unavailable.body.code]).toEqual([503, 'sign_in_unavailable']);
    expect(unavailable.headers.get('retry-after')).not.toBeNull();
    expect(alive.status).toBe(200);
  });
});

describe('an OpenID Connect issuer', () => {
  it('says who calls: an operator by a claim, a member by an address it vouches for', async () => {
    const member = { email: 'Ada@Example.com', email_verified: true };
    const oidc = await startOidcProvider({
      audience: 'gatehouse',
      clients: { operator: { groups: ['platform'] }, member, stranger: { email: 'ada@example.com' } },
    });
    onTestFinished(() => oidc.close());
    const roles = [{ claim: 'groups', value: 'platform', role: 'operator' }];
    const OIDC_ISSUERS = JSON.stringify([{ issuer: oidc.issuer, audiences: ['gatehouse'], roles }]);
    const fresh = createCaller(
      await deployment.deploy('admin', { responseMode: 'buffered', variables: { OIDC_ISSUERS } }),
    );
    const operator = await oidc.token('operator');
    const body = { email: 'ada@example.com', role: 'member' };

    const invited = await fresh('POST', `/organizations/${organization}/members`, { body, token: operator });
    const seen = await fresh('GET', '/organizations', { token: await oidc.token('member') });
    const unseen = await fresh('GET', '/organizations', { token: await oidc.token('stranger') });

    expect(invited.status).toBe(201);
    expect(seen.body.data).toMatchObject([{ id: organization }]);
    expect(unseen.body.data).toEqual([]);
  });
});

describe('tables that stop answering', () => {
  it('are answered for in time, and the same call repeated completes', async () => {
    const gate = await startStoreGate(deployment.databaseEndpoint);
    onTestFinished(() => gate.close());
    const patient = await deployment.deploy('admin', {
      responseMode: 'buffered',
      timeoutSeconds: 2,
      concurrency: 1,
      variables: { AWS_ENDPOINT_URL_DYNAMODB: gate.url },
    });
    const callPatient = createCaller(patient);
    await callPatient('GET', '/organizations');
    gate.closed = true;

    const late = await callPatient('POST', '/organizations', { body: { name: 'Patience' } });
    gate.closed = false;
    const again = await callPatient('POST', '/organizations', { body: { name: 'Patience' } });

    expect([late.status, late.body.code, late.body.status]).toEqual([504, 'timeout', 504]);
    expect(late.headers.get('content-type')).toBe('application/problem+json');
    expect(again.status).toBe(201);
    expect(patient.invocations.map(({ coldStart }) => coldStart)).toEqual([true, false, false]);
    expect(patient.invocations[1]?.errorType).toBeUndefined();
  });
});

it('fails to start with a message that names the variable, where one is missing', async () => {
  const broken = await deployment.deploy('admin', { responseMode: 'buffered', variables: { TABLE_AUDIT: '' } });

  const answer = await fetch(`${broken.url}/healthz`);

  expect(answer.status).toBe(502);
  expect(broken.log.join('\n')).toContain('TABLE_AUDIT is not set');
});
