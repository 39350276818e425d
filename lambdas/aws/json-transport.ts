import { AwsCallError } from './call-error.ts';
import { type Answer, type ConnectionOptions, createConnection } from './connection.ts';
import { type AwsCredentials, createSigner } from './sign.ts';

export interface AwsTransportOptions extends ConnectionOptions {
  readonly service: AwsJsonService;
  readonly region: string;
  /** Base URL instead of the service's public regional endpoint: an emulator, or a VPC endpoint's own name. */
  readonly endpoint?: string;
  /** Asked before every call, so that rotated credentials are picked up; must be cheap when nothing changed. */
  readonly credentials: () => Promise<AwsCredentials>;
}

/** One AWS service over its JSON protocol, without retries: only the caller knows which calls may be repeated. */
export interface AwsTransport {
  /**
   * Calls one operation, such as `GetItem`, and returns the parsed JSON body of a 2xx answer.
   *
   * @throws AwsCallError for every other ending.
   */
  call(operation: string, input: object): Promise<unknown>;
  /** Closes every connection; calls under way fail. */
  close(): void;
}

const services = {
  dynamodb: { targetPrefix: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  kms: { targetPrefix: 'TrentService', contentType: 'application/x-amz-json-1.1' },
  secretsmanager: { targetPrefix: 'secretsmanager', contentType: 'application/x-amz-json-1.1' },
} as const;

export type AwsJsonService = keyof typeof services;

/** The data plane's way to AWS: a signature, one POST over a kept-alive connection, one `JSON.parse`. */
export function createAwsTransport(options: AwsTransportOptions): AwsTransport {
  const { service, region, credentials } = options;
  const { targetPrefix, contentType } = services[service];
  const url = new URL(options.endpoint ?? publicEndpoint(service, region));
  const connection = createConnection(url, options);
  const signer = createSigner({ service, region });

  return {
    async call(operation, input) {
      const body = JSON.stringify(input);
      const call = { host: url.host, contentType, target: `${targetPrefix}.${operation}`, body };
      const headers = signer.sign(call, await credentials(), Date.now());
      return readBody(operation, await connection.post(operation, headers, body));
    },
    close: connection.close,
  };
}

function publicEndpoint(service: AwsJsonService, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function readBody(operation: string, { status, text }: Answer): unknown {
  const succeeded = status >= 200 && status < 300;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // A 2xx answer that makes no sense says as little about what happened as no answer.
    if (succeeded) throw new AwsCallError(operation, { outcome: 'unknown', reason: 'unreadable answer' });
  }
  if (succeeded) return body;
  throw new AwsCallError(operation, { outcome: 'answered', status, answer: body });
}
