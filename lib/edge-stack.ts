import { CrossStackReferences, ReferenceStrength, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { WebAcl } from './edge/web-acl.ts';
import type { WebAclProps } from './edge/web-acl.ts';

export interface EdgeStackProps extends StackProps, WebAclProps {}

/** What CloudFront insists on having in us-east-1, whatever region the data planes are in. */
export class EdgeStack extends Stack {
  readonly webAcl: WebAcl;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, {
      description: 'Gatehouse edge: web ACL',
      ...props,
    });
    this.webAcl = new WebAcl(this, 'WebAcl', props);
    // Other regions read the ARN from this stack's output: no parameter, no custom resource, whatever the app's feature flags say.
    CrossStackReferences.of(this.webAcl.webAcl).produce(ReferenceStrength.WEAK);
  }
}
