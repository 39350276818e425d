import type { IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundlePath } from '../compute/bundles.ts';
import { functionUrlOrigin, mutualTlsOrigin, restApiOrigin } from '../edge/edge-origin.ts';
import type { EdgeOriginProps } from '../edge/edge-origin.ts';
import { StreamingFunctionUrl } from './function-url-origin.ts';
import { MutualTlsDomain } from './mutual-tls-domain.ts';
import type { MutualTlsDomainOptions } from './mutual-tls-domain.ts';
import { StreamingApi } from './streaming-api.ts';
import type { StreamingApiOptions } from './streaming-api.ts';
import { TenantAuthorizer } from './tenant-isolation.ts';

/** How CloudFront and the API prove themselves to each other. */
export interface MutualTlsOptions extends MutualTlsDomainOptions {
  /** ARN of the ACM certificate that CloudFront shows, in us-east-1. */
  readonly clientCertificateArn: string;
}

export interface EndpointOptions extends StreamingApiOptions {
  /**
   * What CloudFront calls: `rest-api` for API Gateway, with a throttle of its own; `function-url` for the function itself, which is
   * public but for the origin header, and for sandboxes.
   *
   * @default 'rest-api'
   */
  readonly origin?: 'rest-api' | 'function-url';

  /**
   * A host name for the API at which only CloudFront's certificate is accepted; the API's own endpoint is disabled.
   *
   * @default - the API's own endpoint, and the origin header as the only check
   */
  readonly mutualTls?: MutualTlsOptions;

  /**
   * Whether each organization has execution environments of its own. One more function call per request, and a new proxy function
   * wherever it changes: Lambda takes it at creation only.
   *
   * @default false
   */
  readonly tenantIsolation?: boolean;
}

export interface EndpointProps extends EndpointOptions {
  readonly handler: IFunction;

  /** Compiled policy, in which the authorizer of `tenantIsolation` finds the organization of a key. */
  readonly policy: ITableV2;

  /**
   * Folder with the built bundles.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;
}

/** What stands in front of the proxy function. */
export interface Endpoint {
  readonly api?: StreamingApi;
  readonly mutualTlsDomain?: MutualTlsDomain;
  readonly tenantAuthorizer?: TenantAuthorizer;
  readonly functionUrl?: StreamingFunctionUrl;
  /** Its own base URL, without a trailing slash. */
  readonly url: string;
  origin(props: EdgeOriginProps): IOrigin;
}

/** Makes the endpoint in the scope itself, where its parts have ids that stay. */
export function createEndpoint(scope: Construct, props: EndpointProps): Endpoint {
  if (props.origin === 'function-url') return functionUrlEndpoint(scope, props.handler);
  const tenantAuthorizer = props.tenantIsolation === true ? createAuthorizer(scope, props) : undefined;
  const api = new StreamingApi(scope, 'Api', {
    ...props,
    ...(tenantAuthorizer !== undefined && { tenantAuthorizer }),
    disableExecuteApiEndpoint: props.mutualTls !== undefined,
  });
  const endpoint = { api, url: api.url, ...(tenantAuthorizer !== undefined && { tenantAuthorizer }) };
  const { mutualTls } = props;
  if (mutualTls === undefined) return { ...endpoint, origin: (header) => restApiOrigin(api.api, header) };
  return {
    ...endpoint,
    mutualTlsDomain: new MutualTlsDomain(scope, 'MutualTls', { ...mutualTls, api: api.api }),
    origin: (header) => mutualTlsOrigin(mutualTls.domainName, mutualTls.clientCertificateArn, header),
  };
}

function functionUrlEndpoint(scope: Construct, handler: IFunction): Endpoint {
  const functionUrl = new StreamingFunctionUrl(scope, 'FunctionUrl', { handler });
  return { functionUrl, url: functionUrl.url, origin: (header) => functionUrlOrigin(functionUrl.functionUrl, header) };
}

function createAuthorizer(scope: Construct, props: EndpointProps): TenantAuthorizer {
  return new TenantAuthorizer(scope, 'TenantAuthorizer', {
    policy: props.policy,
    codePath: bundlePath('tenant-authorizer', props.bundlesPath),
    ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
  });
}
