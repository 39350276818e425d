import { Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** What CloudFront and the proxy share, in the scope itself: a changed id is another secret. */
export function createOriginSecret(scope: Construct): ISecret {
  const secret = new Secret(scope, 'OriginSecret', {
    description: 'What CloudFront shows the Gatehouse proxy: {"current", "previous"}',
    // `previous` appears with the first rotation: an empty one would be a value somebody could send.
    generateSecretString: {
      secretStringTemplate: '{}',
      generateStringKey: 'current',
      passwordLength: 64,
      excludePunctuation: true,
    },
  });
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'A rotation function would change the value the proxy expects while CloudFront goes on sending the old one until a deployment; rotating is put-secret-value with both values, then a deployment with the new version id.',
  });
  // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
  return secret as ISecret;
}
