/**
 * Resource types that hold data or are known by their address: one that is replaced is lost, or a new one nobody knows. With each, the
 * properties whose change makes CloudFormation replace it, as its reference says, and whether the default deployment promises to
 * retain it.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
export const statefulTypes: Readonly<Record<string, StatefulType>> = {
  'AWS::DynamoDB::GlobalTable': {
    // A change of the attributes of the key comes with one of the key. The local index is fixed at creation.
    replacedBy: ['TableName', 'KeySchema', 'AttributeDefinitions', 'LocalSecondaryIndexes', 'MultiRegionConsistency'],
    retained: true,
  },
  'AWS::KMS::Key': { replacedBy: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'], retained: true },
  'AWS::Cognito::UserPool': {
    // Not replaced but refused: aliases and attributes cannot change. Either way, the deployment fails or the users are gone.
    replacedBy: ['UsernameAttributes', 'AliasAttributes', 'UsernameConfiguration', 'Schema'],
    retained: true,
  },
  'AWS::Cognito::UserPoolClient': { replacedBy: ['UserPoolId', 'GenerateSecret'], retained: false },
  'AWS::Cognito::UserPoolGroup': { replacedBy: ['UserPoolId', 'GroupName'], retained: false },
  'AWS::SecretsManager::Secret': { replacedBy: ['Name'], retained: false },
  'AWS::SQS::Queue': { replacedBy: ['QueueName', 'FifoQueue'], retained: false },
  'AWS::ApiGateway::RestApi': { replacedBy: [], retained: false },
  'AWS::CloudFront::Distribution': { replacedBy: [], retained: false },
};

export interface StatefulType {
  readonly replacedBy: readonly string[];
  readonly retained: boolean;
}
