import { Stage, Tags } from 'aws-cdk-lib';
import type { StageProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataPlaneStack } from './data-plane-stack.ts';
import type { DeploymentConfig } from './deployment-config.ts';
import { EdgeStack } from './edge-stack.ts';

export interface GatehouseStageProps extends StageProps {
  readonly config: DeploymentConfig;

  /**
   * Folder with the proxy's built bundle.
   *
   * @default - what `npm run build` made
   */
  readonly proxyCodePath?: string;
}

/** One whole installation: the edge, and a data plane in each region. */
export class GatehouseStage extends Stage {
  readonly edge: EdgeStack | undefined;
  readonly dataPlanes: readonly DataPlaneStack[];

  constructor(scope: Construct, id: string, props: GatehouseStageProps) {
    const { config, proxyCodePath, ...stageProps } = props;
    super(scope, id, stageProps);

    if (config.edge === 'cloudfront' && config.webAcl === 'managed') {
      this.edge = new EdgeStack(this, 'Edge', { ...config.floodLimits, env: { region: 'us-east-1' } });
    }
    const webAclArn = config.webAcl.startsWith('arn:') ? config.webAcl : this.edge?.webAcl.webAclArn;
    this.dataPlanes = config.regions.map(
      (region) =>
        new DataPlaneStack(this, `DataPlane-${region}`, {
          env: { region },
          config,
          ...(webAclArn !== undefined && { webAclArn }),
          ...(proxyCodePath !== undefined && { proxyCodePath }),
        }),
    );
    Tags.of(this).add('app', 'gatehouse');
  }
}
