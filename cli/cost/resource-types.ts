import type { Resource, Stack } from './assembly.ts';
import type { Charge } from './charge.ts';
import {
  alarmCharges,
  aliasCharges,
  restStage,
  scheduleCharges,
  tableCharges,
  webAclCharges,
} from './resource-charges.ts';

/**
 * What a resource costs while nobody calls: nothing ever, nothing until it is used and then by what, or something. A type that is not
 * here is not free: `gatehouse cost` refuses it.
 */
export type ResourceCost =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'per-use';
      readonly by: string | ((resource: Resource) => string | undefined);
      readonly check?: (resource: Resource) => void;
    }
  | { readonly kind: 'priced'; readonly charges: (resource: Resource, stack: Stack) => Charge[]; readonly by?: string };

const free: ResourceCost = { kind: 'free' };

const storage = 'data in tables by GB and month, and their point-in-time recovery by GB and month';
const logs = 'log lines kept, by GB and month';
const users = 'users of the user pool, by those active in a month';
const notifications = 'notifications of alarms';

export const resourceCosts: Readonly<Record<string, ResourceCost>> = {
  'AWS::ApiGateway::Account': free,
  'AWS::ApiGateway::Authorizer': free,
  'AWS::ApiGateway::BasePathMapping': free,
  'AWS::ApiGateway::Deployment': free,
  'AWS::ApiGateway::DomainName': free,
  'AWS::ApiGateway::GatewayResponse': free,
  'AWS::ApiGateway::Method': free,
  'AWS::ApiGateway::Resource': free,
  'AWS::ApiGateway::RestApi': { kind: 'per-use', by: 'calls of the admin API' },
  'AWS::ApiGateway::Stage': { kind: 'per-use', by: 'calls of the admin API', check: restStage },
  'AWS::CDK::Metadata': free,
  // Public certificates only: a private authority is a resource of its own, which is not here.
  'AWS::CertificateManager::Certificate': free,
  'AWS::CloudFront::CachePolicy': free,
  'AWS::CloudFront::Distribution': free,
  'AWS::CloudFront::Function': free,
  'AWS::CloudFront::OriginAccessControl': free,
  'AWS::CloudFront::OriginRequestPolicy': free,
  'AWS::CloudFront::ResponseHeadersPolicy': free,
  'AWS::CloudWatch::Alarm': { kind: 'priced', charges: alarmCharges },
  'AWS::CloudWatch::CompositeAlarm': {
    kind: 'priced',
    charges: () => [one('alarms', ['composite alarm', 'composite alarms'], 'compositeAlarm')],
  },
  'AWS::CloudWatch::Dashboard': {
    kind: 'priced',
    charges: () => [one('dashboards', ['dashboard', 'dashboards'], 'dashboard')],
  },
  // Deploying Lambda functions by CodeDeploy is free: https://aws.amazon.com/codedeploy/pricing/
  'AWS::CodeDeploy::Application': free,
  'AWS::CodeDeploy::DeploymentConfig': free,
  'AWS::CodeDeploy::DeploymentGroup': free,
  'AWS::Cognito::UserPool': { kind: 'per-use', by: users },
  'AWS::Cognito::UserPoolClient': free,
  'AWS::Cognito::UserPoolDomain': free,
  'AWS::Cognito::UserPoolGroup': free,
  'AWS::Cognito::UserPoolIdentityProvider': { kind: 'per-use', by: users },
  'AWS::DynamoDB::GlobalTable': { kind: 'priced', charges: tableCharges, by: storage },
  'AWS::DynamoDB::Table': { kind: 'priced', charges: tableCharges, by: storage },
  'AWS::EC2::SecurityGroup': free,
  'AWS::IAM::ManagedPolicy': free,
  'AWS::IAM::OIDCProvider': free,
  'AWS::IAM::Policy': free,
  'AWS::IAM::Role': free,
  'AWS::KMS::Alias': free,
  'AWS::KMS::Key': { kind: 'priced', charges: () => [one('KMS keys', ['key', 'keys'], 'kmsKey')], by: 'calls of KMS' },
  'AWS::Lambda::Alias': { kind: 'priced', charges: aliasCharges },
  'AWS::Lambda::EventInvokeConfig': free,
  // Lambda reads the stream of a table for nothing: https://aws.amazon.com/dynamodb/pricing/on-demand/
  'AWS::Lambda::EventSourceMapping': free,
  'AWS::Lambda::Function': { kind: 'per-use', by: tenantEnvironments },
  'AWS::Lambda::Permission': free,
  'AWS::Lambda::Url': free,
  'AWS::Lambda::Version': free,
  'AWS::Logs::LogGroup': { kind: 'per-use', by: logs },
  'AWS::SNS::Subscription': { kind: 'per-use', by: notifications },
  'AWS::SNS::Topic': { kind: 'per-use', by: notifications },
  'AWS::SNS::TopicPolicy': free,
  // Nothing polls them: they are dead-letter queues.
  'AWS::SQS::Queue': { kind: 'per-use', by: 'messages in dead-letter queues' },
  'AWS::SQS::QueuePolicy': free,
  'AWS::Scheduler::Schedule': { kind: 'priced', charges: scheduleCharges },
  'AWS::Scheduler::ScheduleGroup': free,
  'AWS::SecretsManager::ResourcePolicy': free,
  'AWS::SecretsManager::Secret': {
    kind: 'priced',
    charges: () => [one('secrets', ['secret', 'secrets'], 'secret')],
    by: 'reads of secrets',
  },
  'AWS::WAFv2::WebACL': { kind: 'priced', charges: webAclCharges },
  'AWS::WAFv2::WebACLAssociation': free,
};

/** Beside its run time, which is in the figures. */
function tenantEnvironments({ Properties }: Resource): string | undefined {
  return Properties['TenancyConfig'] === undefined ? undefined : 'environments made for a tenant, by GB of memory';
}

function one(group: string, unit: readonly [string, string], price: Charge['price']): Charge {
  return { group, quantities: [{ count: 1, unit }], price };
}
