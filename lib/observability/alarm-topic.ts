import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmTopicProps {
  /**
   * Existing topic, in the region of the alarms. It must let CloudWatch publish, and its key too if it has one.
   *
   * @default - a new topic
   */
  readonly topicArn?: string;

  /**
   * Addresses that alarms are mailed to. Each has to confirm a first mail.
   *
   * @default - none
   */
  readonly emails?: readonly string[];
}

/**
 * Where every alarm of a region goes. What is sent is the alarm's name, description and measured value, nothing of a request, so the
 * topic has no key of its own: the key AWS manages for SNS would keep alarms out, and one that lets them in costs $1 a month.
 *
 * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
 */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmTopicProps = {}) {
    super(scope, id);
    this.topic = props.topicArn === undefined ? this.#newTopic() : Topic.fromTopicArn(this, 'Resource', props.topicArn);
    for (const email of props.emails ?? []) this.#subscribe(email);
  }

  #newTopic(): ITopic {
    const topic = new Topic(this, 'Resource', { displayName: 'Gatehouse alarms', enforceSSL: true });
    // A topic with a policy loses the default one, by which the account's own alarms may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { ArnLike: { 'aws:SourceArn': this.#everyAlarm() } },
      }),
    );
    return topic;
  }

  #everyAlarm(): string {
    return Stack.of(this).formatArn({ service: 'cloudwatch', resource: 'alarm:*' });
  }

  #subscribe(email: string): void {
    const subscription = new Subscription(this, `Email-${email}`, {
      topic: this.topic,
      protocol: SubscriptionProtocol.EMAIL,
      endpoint: email,
    });
    Validations.of(subscription).acknowledge({
      id: 'Serverless-SNSRedrivePolicy',
      reason:
        'Only a mail that cannot be delivered would come into such a queue, and nobody reads that either; the alarm itself stays visible in CloudWatch and on the dashboard.',
    });
  }
}
