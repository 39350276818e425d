import { Match, Template } from 'aws-cdk-lib/assertions';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { StreamingApi } from '../../../lib/data-plane/streaming-api.ts';
import type { StreamingApiOptions } from '../../../lib/data-plane/streaming-api.ts';
import { gatewayAnswers } from '../../../lib/edge/gateway-answers.ts';
import { emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';

function synthesizeApi(options: StreamingApiOptions = {}): Template {
  const stack = emptyStack();
  const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:proxy';
  const handler = Function.fromFunctionAttributes(stack, 'Handler', { functionArn, sameEnvironment: true });
  new StreamingApi(stack, 'Api', { handler, ...options });
  return Template.fromStack(stack);
}

describe('StreamingApi', () => {
  it('streams every method and path through the function for up to 15 minutes', () => {
    const template = synthesizeApi();

    const methods = Object.values(resourcesOf(template, 'AWS::ApiGateway::Method'));

    expect(methods).toHaveLength(2);
    for (const { Properties } of methods) {
      expect(Properties).toMatchObject({
        HttpMethod: 'ANY',
        Integration: { Type: 'AWS_PROXY', ResponseTransferMode: 'STREAM', TimeoutInMillis: 900_000 },
      });
      expect(JSON.stringify(Properties)).toMatch(/2021-11-15\/functions\/.*\/response-streaming-invocations/);
    }
    template.hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: '{proxy+}' });
  });

  it('is regional and leaves JSON bodies as text', () => {
    const template = synthesizeApi();

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::RestApi');

    expect(Properties).toMatchObject({ EndpointConfiguration: { Types: ['REGIONAL'] } });
    expect(Properties['BinaryMediaTypes']).toEqual([
      'application/octet-stream',
      'audio/*',
      'image/*',
      'multipart/form-data',
    ]);
  });

  it('logs metadata without header, query string, address or identity, and keeps it 30 days', () => {
    const template = synthesizeApi();

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::Stage');

    const { Format } = z.object({ Format: z.string() }).parse(Properties['AccessLogSetting']);
    expect(z.record(z.string(), z.string()).parse(JSON.parse(Format))).toMatchObject({ status: '$context.status' });
    expect(Format).not.toMatch(/identity|header|querystring|authorizer|user|sourceIp/i);
    expect(Properties['MethodSettings']).toEqual([expect.objectContaining({ DataTraceEnabled: false })]);
    expect(onlyResource(template, 'AWS::Logs::LogGroup').Properties).toMatchObject({ RetentionInDays: 30 });
  });

  it('answers for itself what is in the table of gateway answers', () => {
    const template = synthesizeApi();

    const answers = Object.values(resourcesOf(template, 'AWS::ApiGateway::GatewayResponse'));

    expect(new Set(answers.map(({ Properties }) => Properties['ResponseType']))).toEqual(
      new Set(gatewayAnswers.map(({ type }) => type.responseType)),
    );
  });

  it('takes limits and a retention, and leaves the account role alone when told to', () => {
    const template = synthesizeApi({
      throttlingRateLimit: 10,
      throttlingBurstLimit: 20,
      logRetention: RetentionDays.ONE_DAY,
      cloudWatchRole: false,
    });

    template.resourceCountIs('AWS::ApiGateway::Account', 0);
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 1 });
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 })],
    });
  });

  it('sets the account role for logs before the stage that needs it', () => {
    const template = synthesizeApi();

    const [account] = Object.keys(resourcesOf(template, 'AWS::ApiGateway::Account'));

    template.hasResource('AWS::ApiGateway::Stage', { DependsOn: Match.arrayWith([account]) });
  });
});
