import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import { createAwsTransport } from '../../lambdas/aws/json-transport.ts';
import type { StoreClient } from '../../lambdas/store/client.ts';
import { createLeanStoreClient } from '../../lambdas/store/lean-client.ts';
import type { TableNames } from '../../lambdas/store/tables.ts';
import { aws } from './commands.ts';
import { emulatedAddress } from './emulated-addresses.cjs';
import type { Emulator } from './emulator.ts';

export const stackNames = ['Gatehouse-Edge', 'Gatehouse-DataPlane-us-east-1', 'Gatehouse-ControlPlane'] as const;
export type StackName = (typeof stackNames)[number];

const dataPlaneOutputs = z.object({
  ProxyUrl: z.string(),
  VaultKeyArn: z.string(),
  PolicyTableName: z.string(),
  MeterTableName: z.string(),
  RequestsTableName: z.string(),
  VaultTableName: z.string(),
  UsageTableName: z.string(),
  EvidenceTableName: z.string(),
});
const controlPlaneOutputs = z.object({ AdminUrl: z.string(), BootstrapTokenSecretArn: z.string() });
const outputsSchema = z.record(z.string(), z.unknown());

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // A test says what it expects of the answer by looking at it.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** What was deployed, as its operators and the callers of one region see it. */
export interface Installation {
  /** Base URL for callers, without a trailing slash. */
  readonly proxyUrl: string;
  readonly vaultKeyArn: string;
  readonly tables: Omit<TableNames, 'control' | 'audit'>;
  /** Calls the admin API with the bootstrap token; `path` below `/admin/v1`. */
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Calls the proxy through the distribution. */
  proxy(path: string, options?: ProxyCall): Promise<Answer>;
}

export interface ProxyCall {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads the file that `cdk deploy --outputs-file` has written, and the bootstrap token as an operator does. */
export async function openInstallation(
  emulator: Emulator,
  outputsFile: string,
  region = 'us-east-1',
): Promise<Installation> {
  const outputs = outputsSchema.parse(JSON.parse(await readFile(outputsFile, 'utf8')));
  const { ProxyUrl, VaultKeyArn, ...names } = dataPlaneOutputs.parse(outputs[`Gatehouse-DataPlane-${region}`]);
  const { AdminUrl, BootstrapTokenSecretArn } = controlPlaneOutputs.parse(outputs['Gatehouse-ControlPlane']);
  const secret = ['secretsmanager', 'get-secret-value', '--secret-id', BootstrapTokenSecretArn];
  const { SecretString } = await aws<{ SecretString: string }>(emulator, ...secret);
  const token = z.object({ current: z.string() }).parse(JSON.parse(SecretString)).current;
  return {
    proxyUrl: ProxyUrl,
    vaultKeyArn: VaultKeyArn,
    tables: {
      policy: names.PolicyTableName,
      meter: names.MeterTableName,
      requests: names.RequestsTableName,
      vault: names.VaultTableName,
      usage: names.UsageTableName,
      evidence: names.EvidenceTableName,
    },
    admin: (method, path, body) =>
      call(emulator, `${AdminUrl}/admin/v1${path}`, { method, body, headers: { authorization: `Bearer ${token}` } }),
    proxy: (path, { key, body, headers = {} } = {}) =>
      call(emulator, `${ProxyUrl}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        body,
        headers: { ...headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      }),
  };
}

interface Call {
  readonly method: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** By `node:http`, since `fetch` refuses to send another `host`. */
async function call(emulator: Emulator, address: string, { method, body, headers }: Call): Promise<Answer> {
  const target = emulatedAddress(address, emulator.endpoint);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const request = httpRequest(target.url, {
    method,
    headers: {
      ...headers,
      ...target.headers,
      ...(content !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(content),
      }),
    },
  });
  request.end(content);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  const text = (await buffer(response)).toString();
  const isJson = /\bjson\b/.test(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers as Record<string, string>,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
}

/** Reads the deployed tables as the account's owner, past the roles of the functions. */
export function openStore(emulator: Emulator, region = 'us-east-1'): StoreClient {
  const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });
  return createLeanStoreClient(
    createAwsTransport({ service: 'dynamodb', region, endpoint: emulator.endpoint, credentials }),
  );
}
