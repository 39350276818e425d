import { Fn } from 'aws-cdk-lib';
import { FunctionUrl, FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import type { IFunction, IFunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface StreamingFunctionUrlProps {
  /** Function, or alias of one, that answers every method and path. It must check the origin header: nothing else does. */
  readonly handler: IFunction;
}

/**
 * A function URL without authentication of its own that streams the answer as the function writes it, up to 15 minutes.
 *
 * Public, because CloudFront can sign requests to it only if callers send the hash of their body, which SDKs do not
 * (`docs/decisions/0024`). Both permissions are needed since October 2025; the second is for calls by the URL only.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export class StreamingFunctionUrl extends Construct {
  readonly functionUrl: IFunctionUrl;
  /** Base URL, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: StreamingFunctionUrlProps) {
    super(scope, id);
    this.functionUrl = new FunctionUrl(this, 'Resource', {
      function: props.handler,
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    // Lambda's own ends in a slash.
    this.url = `https://${Fn.select(2, Fn.split('/', this.functionUrl.url))}`;
  }
}
