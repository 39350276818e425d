import { Template } from 'aws-cdk-lib/assertions';
import { Alias, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { IFunction, IVersion } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { StreamingFunctionUrl } from '../../../lib/data-plane/function-url-origin.ts';
import { emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';

function synthesizeUrl() {
  const stack = emptyStack();
  const code = Code.fromInline('exports.handler = async () => {};');
  const proxy = new Function(stack, 'Proxy', { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
  const alias = new Alias(stack, 'Live', { aliasName: 'live', version: proxy.currentVersion as IVersion });
  const functionUrl = new StreamingFunctionUrl(stack, 'FunctionUrl', { handler: alias as IFunction });
  return { url: stack.resolve(functionUrl.url) as unknown, template: Template.fromStack(stack) };
}

describe('StreamingFunctionUrl', () => {
  it('streams what the alias answers, to whoever asks', () => {
    const { template } = synthesizeUrl();

    const { Properties } = onlyResource(template, 'AWS::Lambda::Url');

    expect(Properties).toMatchObject({ AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM', Qualifier: 'live' });
  });

  it('lets the public call the alias by its URL and in no other way', () => {
    const { template } = synthesizeUrl();

    const permissions = Object.values(resourcesOf(template, 'AWS::Lambda::Permission')).map((one) => one.Properties);

    const alias = { Ref: expect.stringMatching(/^Live/) };
    expect(permissions).toEqual([
      { Action: 'lambda:InvokeFunctionUrl', FunctionName: alias, FunctionUrlAuthType: 'NONE', Principal: '*' },
      { Action: 'lambda:InvokeFunction', FunctionName: alias, InvokedViaFunctionUrl: true, Principal: '*' },
    ]);
  });

  it('says its base URL without a trailing slash', () => {
    const { url } = synthesizeUrl();

    const host = { 'Fn::Select': [2, { 'Fn::Split': ['/', { 'Fn::GetAtt': [expect.any(String), 'FunctionUrl'] }] }] };
    expect(url).toEqual({ 'Fn::Join': ['', ['https://', host]] });
  });
});
