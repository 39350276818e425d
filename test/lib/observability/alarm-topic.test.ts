import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { AlarmTopic } from '../../../lib/observability/alarm-topic.ts';
import type { AlarmTopicProps } from '../../../lib/observability/alarm-topic.ts';
import { emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';
import type { Statement } from '../synthesize.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:operators';

function synthesizeTopic(props: AlarmTopicProps = {}): Template {
  const stack = emptyStack();
  new AlarmTopic(stack, 'Topic', props);
  return Template.fromStack(stack);
}

describe('AlarmTopic', () => {
  it('takes alarms of its account and region, over TLS only, and messages of nobody else', () => {
    const template = synthesizeTopic();

    const policy = onlyResource(template, 'AWS::SNS::TopicPolicy').Properties['PolicyDocument'] as {
      Statement: Statement[];
    };

    expect(policy.Statement).toMatchObject([
      { Effect: 'Deny', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: {
          ArnLike: {
            'aws:SourceArn': {
              'Fn::Join': ['', ['arn:aws:cloudwatch:eu-west-1:', { Ref: 'AWS::AccountId' }, ':alarm:*']],
            },
          },
        },
      },
    ]);
    expect(policy.Statement).toHaveLength(2);
  });

  it('has no key that would keep alarms out', () => {
    const template = synthesizeTopic();

    const topic = onlyResource(template, 'AWS::SNS::Topic').Properties;

    expect(topic).not.toHaveProperty('KmsMasterKeyId');
  });

  it('mails every address', () => {
    const template = synthesizeTopic({ emails: ['a@example.com', 'b@example.com'] });

    const subscriptions = Object.values(resourcesOf(template, 'AWS::SNS::Subscription'));

    expect(subscriptions.map(({ Properties }) => [Properties['Protocol'], Properties['Endpoint']])).toEqual([
      ['email', 'a@example.com'],
      ['email', 'b@example.com'],
    ]);
  });

  it('leaves an existing topic as it is, and mails by it', () => {
    const template = synthesizeTopic({ topicArn, emails: ['a@example.com'] });

    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    template.hasResourceProperties('AWS::SNS::Subscription', { TopicArn: topicArn });
  });
});
