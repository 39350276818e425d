import { AwsCallError } from './call-error.ts';
import { type Connection, type ConnectionOptions, createConnection } from './connection.ts';
import { type AwsCredentials, createSigner } from './sign.ts';

export interface RoleAssumer {
  /**
   * Temporary credentials of a role, for one hour: the most that a role may have of another.
   *
   * @throws AwsCallError
   */
  assume(role: AssumableRole): Promise<AssumedRole>;
  close(): void;
}

export interface AssumableRole {
  readonly roleArn: string;
  /** What the role's owner demands to be named, so that nobody else can have the role assumed. */
  readonly externalId?: string;
}

export interface AssumedRole extends AwsCredentials {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface RoleAssumerOptions extends ConnectionOptions {
  readonly region: string;
  /** Base URL instead of the region's public endpoint. */
  readonly endpoint?: string;
  /** Whose the calls are. */
  readonly credentials: () => Promise<AwsCredentials>;
}

const operation = 'AssumeRole';
const contentType = 'application/x-www-form-urlencoded; charset=utf-8';

/**
 * STS AssumeRole. STS speaks the query protocol only: a form goes in, XML comes out.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function createRoleAssumer(options: RoleAssumerOptions): RoleAssumer {
  const { region, credentials } = options;
  const url = new URL(options.endpoint ?? publicEndpoint(region));
  const signer = createSigner({ service: 'sts', region });
  // Most gateways never assume a role: nothing is made before the first one.
  let connection: Connection | undefined;

  return {
    async assume(role) {
      const body = requestBody(role);
      const headers = signer.sign({ host: url.host, contentType, body }, await credentials(), Date.now());
      connection ??= createConnection(url, options);
      const { status, text } = await connection.post(operation, headers, body);
      if (status !== 200) {
        const answer = { __type: elementOf(text, 'Code') };
        throw new AwsCallError(operation, { outcome: 'answered', status, answer });
      }
      return readAnswer(text);
    },
    close: () => connection?.close(),
  };
}

function publicEndpoint(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function requestBody({ roleArn, externalId }: AssumableRole): string {
  return new URLSearchParams({
    Action: operation,
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: 'gatehouse',
    ...(externalId !== undefined && { ExternalId: externalId }),
  }).toString();
}

function readAnswer(text: string): AssumedRole {
  const accessKeyId = elementOf(text, 'AccessKeyId');
  const secretAccessKey = elementOf(text, 'SecretAccessKey');
  const sessionToken = elementOf(text, 'SessionToken');
  const expiresAt = Date.parse(elementOf(text, 'Expiration') ?? '');
  if (
    accessKeyId === undefined ||
    secretAccessKey === undefined ||
    sessionToken === undefined ||
    Number.isNaN(expiresAt)
  ) {
    throw new AwsCallError(operation, { outcome: 'unknown', reason: 'unreadable answer' });
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
}

/** The text of an element that occurs once. Keys, tokens and times have no character that XML escapes. */
function elementOf(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<&\\s]+)\\s*</${name}>`).exec(text)?.[1];
}
