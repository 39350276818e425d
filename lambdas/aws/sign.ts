import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What differs between two calls to one service; the rest of the request is always the same. */
export interface UnsignedCall {
  readonly host: string;
  /** As it is sent, encoded once; `/` where it is left out. Signed without a query. */
  readonly path?: string;
  readonly contentType: string;
  /** `x-amz-target`, of the services that have it. */
  readonly target?: string;
  readonly body: string | Buffer;
}

export interface Signer {
  /** The headers to send with `call`, its own included, as signed at `now` (milliseconds). */
  sign(call: UnsignedCall, credentials: AwsCredentials, now: number): Record<string, string>;
}

interface SigningKey {
  readonly date: string;
  readonly secretAccessKey: string;
  readonly key: KeyObject;
}

/**
 * Signature Version 4 of the only kind of request sent from here: a POST with no query and exactly these headers. It therefore
 * needs no encoding of queries, no sorting and no folding of white space, which are what makes signers hard to get right.
 * `test/lambdas/aws/sign.test.ts` compares it with a general one.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSigner({ service, region }: { service: string; region: string }): Signer {
  // Good for a day, and the four digests behind it cost more than all the rest.
  let cached: SigningKey | undefined;

  function signingKey(date: string, secretAccessKey: string): KeyObject {
    if (cached?.date !== date || cached.secretAccessKey !== secretAccessKey) {
      const parts = [date, region, service, 'aws4_request'];
      const key = createSecretKey(parts.reduce(digest, Buffer.from(`AWS4${secretAccessKey}`)));
      cached = { date, secretAccessKey, key };
    }
    return cached.key;
  }

  return {
    sign({ host, path, contentType, target, body }, { accessKeyId, secretAccessKey, sessionToken }, now) {
      const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
      const date = time.slice(0, 8);
      const scope = `${date}/${region}/${service}/aws4_request`;
      let names = 'content-type;host;x-amz-date';
      let headers = `content-type:${contentType}\nhost:${host}\nx-amz-date:${time}\n`;
      if (sessionToken) {
        names += ';x-amz-security-token';
        headers += `x-amz-security-token:${sessionToken}\n`;
      }
      if (target !== undefined) {
        names += ';x-amz-target';
        headers += `x-amz-target:${target}\n`;
      }
      const signedPath = path === undefined ? '/' : canonicalPath(path);
      const canonical = `POST\n${signedPath}\n\n${headers}\n${names}\n${hash('sha256', body, 'hex')}`;
      const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
      const signature = createHmac('sha256', signingKey(date, secretAccessKey)).update(toSign).digest('hex');
      const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
      const signed: Record<string, string> = { host, 'content-type': contentType, 'x-amz-date': time, authorization };
      if (target !== undefined) signed['x-amz-target'] = target;
      if (sessionToken) signed['x-amz-security-token'] = sessionToken;
      return signed;
    },
  };
}

/** Every service but S3 signs the path encoded once more than it is sent, and empty segments left out. */
function canonicalPath(path: string): string {
  return path
    .replaceAll(/\/{2,}/g, '/')
    .split('/')
    .map(encodeSegment)
    .join('/');
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function digest(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
