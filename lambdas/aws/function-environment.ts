import type { AwsTransportOptions } from './json-transport.ts';

/** What a Lambda function finds in its environment, which its `handler.ts` reads. */
export interface FunctionEnvironment {
  readonly region: string;
  /** @throws when the variable is absent or empty. */
  required(name: string): string;
  /** The function's own. */
  readonly credentials: AwsTransportOptions['credentials'];
  /** How to reach an AWS service as this function, at another endpoint where this variable or `AWS_ENDPOINT_URL` names one. */
  connectionTo(endpointVariable: string): Omit<AwsTransportOptions, 'service'>;
}

/** @throws when Lambda's own variables are not there. */
export function readFunctionEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): FunctionEnvironment {
  const required = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
    return value;
  };
  const region = required('AWS_REGION');
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  // Lambda sets these once per environment and replaces the environment before they expire.
  const own = {
    accessKeyId: required('AWS_ACCESS_KEY_ID'),
    secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
    ...(sessionToken !== undefined && { sessionToken }),
  };
  const credentials = async () => own;
  return {
    region,
    required,
    credentials,
    connectionTo: (endpointVariable) => {
      const endpoint = environment[endpointVariable] ?? environment['AWS_ENDPOINT_URL'];
      return { region, credentials, ...(endpoint !== undefined && { endpoint }) };
    },
  };
}
