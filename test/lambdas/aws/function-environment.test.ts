import { describe, expect, it } from 'vitest';
import { readFunctionEnvironment } from '../../../lambdas/aws/function-environment.ts';

const lambda = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('readFunctionEnvironment', () => {
  it.each(['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('needs %s', (name) => {
    const read = () => readFunctionEnvironment({ ...lambda, [name]: '' });

    expect(read).toThrow(`environment variable ${name} is not set`);
  });

  it("reaches a service as the function, at the service's own endpoint before the general one", async () => {
    const own = readFunctionEnvironment({ ...lambda, AWS_SESSION_TOKEN: 'token' });
    const elsewhere = readFunctionEnvironment({
      ...lambda,
      AWS_ENDPOINT_URL: 'http://all',
      AWS_ENDPOINT_URL_KMS: 'http://kms',
    });

    const connection = own.connectionTo('AWS_ENDPOINT_URL_KMS');

    expect(connection).toEqual({ region: 'eu-west-1', credentials: own.credentials });
    expect(await own.credentials()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' });
    expect(elsewhere.connectionTo('AWS_ENDPOINT_URL_KMS').endpoint).toBe('http://kms');
    expect(elsewhere.connectionTo('AWS_ENDPOINT_URL_STS').endpoint).toBe('http://all');
  });
});
