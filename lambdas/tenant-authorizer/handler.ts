import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { readFunctionEnvironment } from '../aws/function-environment.ts';
import { createAwsTransport } from '../aws/json-transport.ts';
import { joinHeaders } from '../http/lambda-event.ts';
import { StoreError } from '../store/client.ts';
import { createLeanStoreClient } from '../store/lean-client.ts';
import { tables } from '../store/tables.ts';
import { thrownFailure } from '../telemetry/thrown-failure.ts';
import { tenantOf } from './tenant-of.ts';

/** The tenant authorizer: composition root and entry. The environment is read here and nowhere else. */

const { required, connectionTo } = readFunctionEnvironment(process.env);
const policies = {
  store: createLeanStoreClient(
    createAwsTransport({ service: 'dynamodb', ...connectionTo('AWS_ENDPOINT_URL_DYNAMODB') }),
  ),
  table: required(tables.policy.environmentVariable),
};

/**
 * A failure is a 500 of API Gateway and not a request among strangers: whoever holds a key is served in its tenant's environments or
 * not at all. The runtime logs what is thrown, so that is the class and the positions, and nothing that the request said.
 */
export async function handler(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  try {
    return permit(event.methodArn, await tenantOf(joinHeaders(event.multiValueHeaders), policies));
  } catch (error) {
    throw thrownFailure(error, [StoreError]);
  }
}

/** The path is left out of the ARN: it is the caller's own words, and a policy would take some of them for wildcards. */
function permit(methodArn: string, tenantId: string): APIGatewayAuthorizerResult {
  const stageArn = methodArn.split('/', 2).join('/');
  return {
    principalId: 'caller',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${stageArn}/*` }],
    },
    context: { tenantId },
  };
}
