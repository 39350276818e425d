import type { ResourceName, RoleName } from './permission-catalog.ts';

/** What every role may do, as data: the templates must come to exactly this, and `docs/permissions.md` is written from both. */

interface RoleDescription {
  readonly purpose: string;
  /** The one service that may assume it. */
  readonly service: string;
  /** Condition keys that its trust policy must have, against a deputy of another account. */
  readonly trustConditions: readonly string[];
  readonly trustReason: string;
  readonly allowed: Readonly<Partial<Record<AllowedOn, readonly string[]>>>;
}

/** A resource, or a part of one. `everything` needs a row in `acknowledgedWildcards`. */
export type AllowedOn = ResourceName | 'everything' | 'requests table, its stream' | `${ResourceName}, its alias live`;

const ownLog = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const release = ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'];

const tableKeyUse = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const controlTable = [
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];
const appendAndRead = ['dynamodb:PutItem', 'dynamodb:Query'];

const passedInTheAccount =
  'A role is handed to a function by iam:PassRole, which does not cross accounts, so a function elsewhere cannot be given it.';
const oneAccountSetting =
  'A role is handed to API Gateway by iam:PassRole, which does not cross accounts; the setting is one per account and region.';
const namedByItsUser =
  'The source is said, so that a resource of another account cannot make the service use the role.';

export const permissionTable: Readonly<Record<RoleName, RoleDescription>> = {
  proxy: {
    purpose: 'Serves model traffic.',
    service: 'lambda.amazonaws.com',
    trustConditions: [],
    trustReason: passedInTheAccount,
    allowed: {
      'proxy log': ownLog,
      'policy table': ['dynamodb:GetItem'],
      'meter table': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      'requests table': ['dynamodb:GetItem', 'dynamodb:PutItem'],
      'vault table': ['dynamodb:GetItem'],
      'vault key': ['kms:Decrypt'],
      'origin secret': ['secretsmanager:GetSecretValue'],
    },
  },
  'usage rollup': {
    purpose: 'Adds up request records from the stream of their table.',
    service: 'lambda.amazonaws.com',
    trustConditions: [],
    trustReason: passedInTheAccount,
    allowed: {
      'usage rollup log': ownLog,
      'requests table, its stream': [
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
      ],
      'usage table': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      'usage rollup failures': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    },
  },
  'data plane release': {
    purpose: 'Moves the alias of the proxy function to a new version step by step, and back when an alarm rings.',
    service: 'codedeploy.amazonaws.com',
    trustConditions: ['aws:SourceAccount', 'aws:SourceArn'],
    trustReason: namedByItsUser,
    allowed: {
      'proxy function': release,
      'proxy function, its alias live': release,
      everything: ['cloudwatch:DescribeAlarms'],
    },
  },
  'API Gateway logs': {
    purpose: 'Writes the access logs of every API of the account and region, by a policy that AWS made.',
    service: 'apigateway.amazonaws.com',
    trustConditions: [],
    trustReason: oneAccountSetting,
    allowed: {
      everything: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogGroups',
        'logs:DescribeLogStreams',
        'logs:FilterLogEvents',
        'logs:GetLogEvents',
        'logs:PutLogEvents',
      ],
    },
  },
  admin: {
    purpose: 'Answers the admin API.',
    service: 'lambda.amazonaws.com',
    trustConditions: [],
    trustReason: passedInTheAccount,
    allowed: {
      'admin log': ownLog,
      'control table': controlTable,
      'audit table': appendAndRead,
      'table key': tableKeyUse,
      'bootstrap token': ['secretsmanager:GetSecretValue'],
      'policy table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
      'meter table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
      'requests table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query'],
      'usage table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query'],
      'vault table': ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
      'evidence table': ['dynamodb:Query'],
      'vault key': ['kms:GenerateDataKey'],
    },
  },
  reconcile: {
    purpose: 'Finds and mends drift between the planes, on a schedule.',
    service: 'lambda.amazonaws.com',
    trustConditions: [],
    trustReason: passedInTheAccount,
    allowed: {
      'reconcile log': ownLog,
      'reconcile failures': ['sqs:SendMessage'],
      'control table': controlTable,
      'audit table': appendAndRead,
      'table key': tableKeyUse,
      'policy table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan'],
      'meter table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
      'requests table': ['dynamodb:DeleteItem', 'dynamodb:Query'],
      'usage table': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query'],
      'vault table': ['dynamodb:DeleteItem'],
    },
  },
  'reconcile schedule': {
    purpose: 'Starts the reconcile function.',
    service: 'scheduler.amazonaws.com',
    trustConditions: ['aws:SourceAccount', 'aws:SourceArn'],
    trustReason: namedByItsUser,
    allowed: {
      'reconcile function': ['lambda:InvokeFunction'],
      'reconcile failures': ['sqs:SendMessage'],
    },
  },
  'control plane release': {
    purpose: 'Moves the alias of the admin function to a new version step by step, and back when an alarm rings.',
    service: 'codedeploy.amazonaws.com',
    trustConditions: ['aws:SourceAccount', 'aws:SourceArn'],
    trustReason: namedByItsUser,
    allowed: {
      'admin function': release,
      'admin function, its alias live': release,
      everything: ['cloudwatch:DescribeAlarms'],
    },
  },
};

/** Rights on everything, each with the reason why it is not on less. An action with a `*` in it is never acknowledged. */
export const acknowledgedWildcards: readonly {
  readonly role: RoleName;
  readonly actions: string;
  readonly reason: string;
}[] = [
  ...(['data plane release', 'control plane release'] as const).map((role) => ({
    role,
    actions: 'cloudwatch:DescribeAlarms',
    reason:
      'CodeDeploy asks for the alarms of the group among all of the account, as its managed policy for Lambda has it; the answer holds names, thresholds and states.',
  })),
  {
    role: 'API Gateway logs',
    actions: 'logs:*, as the managed policy lists them',
    reason:
      'One role per account and region, for APIs we do not know too; `apiGatewayLogRole: false` leaves it to whoever manages it already.',
  },
];

/** Actions that some configuration allows on a pattern of resources, with the reason. */
export const acknowledgedActions: Readonly<Record<string, string>> = {
  'cloudwatch:DescribeAlarms': 'see above',
  'logs:CreateLogGroup': 'of the managed policy, see above',
  'logs:CreateLogStream': 'of the managed policy, see above',
  'logs:DescribeLogGroups': 'of the managed policy, see above',
  'logs:DescribeLogStreams': 'of the managed policy, see above',
  'logs:FilterLogEvents': 'of the managed policy, see above',
  'logs:GetLogEvents': 'of the managed policy, see above',
  'logs:PutLogEvents': 'of the managed policy, see above',
  'bedrock:InvokeModel':
    'models that the operator named by a pattern, and those that a named profile routes to, whose regions are on a list of AWS',
  'bedrock:InvokeModelWithResponseStream': 'the same',
  'ec2:AssignPrivateIpAddresses': 'functions in subnets: Lambda refuses a role that may do it on some interfaces only',
  'ec2:CreateNetworkInterface': 'functions in subnets: an interface has no id before it is made',
  'ec2:DeleteNetworkInterface': 'functions in subnets: Lambda refuses a role that may do it on some interfaces only',
  'ec2:DescribeNetworkInterfaces': 'functions in subnets: EC2 knows no narrower resource',
  'ec2:DescribeSubnets': 'functions in subnets: EC2 knows no narrower resource',
  'ec2:UnassignPrivateIpAddresses':
    'functions in subnets: Lambda refuses a role that may do it on some interfaces only',
  'xray:PutSpans': 'traces to X-Ray: it knows no resource for spans',
  'xray:PutSpansForIndexing': 'traces to X-Ray: it knows no resource for spans',
  'xray:PutTraceSegments': 'traces to X-Ray: it knows no resource for spans',
};
