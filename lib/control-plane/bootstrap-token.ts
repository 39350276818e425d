import { Validations } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface BootstrapTokenProps {
  /**
   * What happens to the secret when the stack is deleted.
   *
   * @default RemovalPolicy.DESTROY, as it opens nothing but the API that goes with it
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The token with which somebody signs in before anybody else can: `{"current"}`, and `previous` beside it during a rotation. Whoever
 * may read the secret is a platform operator.
 */
export class BootstrapToken extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, props: BootstrapTokenProps = {}) {
    super(scope, id);
    const secret = new Secret(this, 'Resource', {
      description: 'Gatehouse bootstrap admin token: {"current", "previous"}',
      // `previous` appears with the first rotation: an empty one would be a value somebody could send.
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        passwordLength: 64,
        excludePunctuation: true,
      },
      ...(props.removalPolicy !== undefined && { removalPolicy: props.removalPolicy }),
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'People hold a copy of it, which a rotation function could not replace; it is meant to be emptied once sign-in through an identity provider works, and docs/operations.md says how to rotate it by hand.',
    });
    // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
    this.secret = secret as ISecret;
  }
}
