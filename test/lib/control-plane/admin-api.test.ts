import { Template } from 'aws-cdk-lib/assertions';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AdminApi } from '../../../lib/control-plane/admin-api.ts';
import type { AdminApiOptions } from '../../../lib/control-plane/admin-api.ts';
import { emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';

function synthesizeApi(options: AdminApiOptions = {}) {
  const stack = emptyStack();
  const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:admin';
  const handler = Function.fromFunctionAttributes(stack, 'Handler', { functionArn, sameEnvironment: true });
  const api = new AdminApi(stack, 'Api', { handler, ...options });
  return { template: Template.fromStack(stack), url: JSON.stringify(stack.resolve(api.url)) };
}

describe('AdminApi', () => {
  it('hands every method and path to the function, on a regional endpoint of its own', () => {
    const { template, url } = synthesizeApi();

    const methods = Object.values(resourcesOf(template, 'AWS::ApiGateway::Method'));

    expect(methods.map(({ Properties }) => [Properties['HttpMethod'], Properties['Integration']])).toMatchObject(
      Array.from({ length: 2 }, () => ['ANY', { Type: 'AWS_PROXY', TimeoutInMillis: 29_000 }]),
    );
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['REGIONAL'] } });
    expect(url).toMatch(/"https:\/\/".*\.execute-api\.eu-west-1\..*\/live"/);
  });

  it('logs metadata without header, query string, address or identity, and keeps it 30 days', () => {
    const { template } = synthesizeApi();

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::Stage');

    const { Format } = z.object({ Format: z.string() }).parse(Properties['AccessLogSetting']);
    expect(z.record(z.string(), z.string()).parse(JSON.parse(Format))).toMatchObject({ status: '$context.status' });
    expect(Format).not.toMatch(/identity|header|querystring|authorizer|user|sourceIp/i);
    expect(Properties['MethodSettings']).toEqual([
      expect.objectContaining({ DataTraceEnabled: false, ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 }),
    ]);
    expect(onlyResource(template, 'AWS::Logs::LogGroup').Properties).toMatchObject({ RetentionInDays: 30 });
  });

  it('leaves the role for logs alone, which is one per account and the data plane sets', () => {
    const { template } = synthesizeApi();

    template.resourceCountIs('AWS::ApiGateway::Account', 0);
  });

  it.each([
    ['THROTTLED', 429],
    ['REQUEST_TOO_LARGE', 413],
    ['WAF_FILTERED', 403],
    ['DEFAULT_5XX', 503],
  ])('answers %s with a problem', (responseType, status) => {
    const { template } = synthesizeApi();

    const answers = Object.values(resourcesOf(template, 'AWS::ApiGateway::GatewayResponse'));

    const answer = answers.find(({ Properties }) => Properties['ResponseType'] === responseType)?.Properties;
    const templates = z.record(z.string(), z.string()).parse(answer?.['ResponseTemplates']);
    expect(JSON.parse(templates['application/json'] ?? '')).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
    });
    expect(answer?.['ResponseParameters']).toEqual({
      'gatewayresponse.header.Content-Type': "'application/problem+json'",
    });
  });

  it('stands behind a regional web ACL, unless told otherwise', () => {
    const [guarded, open] = [synthesizeApi(), synthesizeApi({ webAcl: false })];

    const { Properties } = onlyResource(guarded.template, 'AWS::WAFv2::WebACLAssociation');

    expect(JSON.stringify(Properties['ResourceArn'])).toMatch(/\/restapis\/.*"Ref":"Api[0-9A-F]+".*\/stages\/.*live/);
    expect(Properties['WebACLArn']).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^ApiWebAcl/), 'Arn'] });
    open.template.resourceCountIs('AWS::WAFv2::WebACL', 0);
  });
});
