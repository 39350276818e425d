import { Stage, Tags } from 'aws-cdk-lib';
import type { StageProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ControlPlaneStack } from './control-plane-stack.ts';
import { DataPlaneStack } from './data-plane-stack.ts';
import type { DeploymentConfig } from './deployment-config.ts';
import { EdgeStack } from './edge-stack.ts';

export interface GatehouseStageProps extends StageProps {
  readonly config: DeploymentConfig;

  /**
   * Folder with the built bundles, each in a folder named for its function.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;
}

/** One whole installation: the edge, a data plane in each region, and the control plane in the first. */
export class GatehouseStage extends Stage {
  readonly edge: EdgeStack | undefined;
  readonly dataPlanes: readonly DataPlaneStack[];
  readonly controlPlane: ControlPlaneStack | undefined;

  constructor(scope: Construct, id: string, props: GatehouseStageProps) {
    const { config, bundlesPath, ...stageProps } = props;
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
          ...(bundlesPath !== undefined && { bundlesPath }),
        }),
    );
    const [home] = this.dataPlanes;
    if (config.controlPlane !== false && home !== undefined) {
      this.controlPlane = new ControlPlaneStack(this, 'ControlPlane', {
        env: { region: home.region },
        config,
        settings: config.controlPlane,
        dataPlane: home,
        ...(bundlesPath !== undefined && { bundlesPath }),
      });
    }
    Tags.of(this).add('app', 'gatehouse');
  }
}
