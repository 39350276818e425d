import { Stage, Tags } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ControlPlaneStack } from './control-plane-stack.ts';
import { DataPlaneStack } from './data-plane-stack.ts';
import type { DeploymentConfig } from './deployment-config.ts';
import { EdgeStack } from './edge-stack.ts';

export interface GatehouseProps {
  readonly config: DeploymentConfig;

  /**
   * Folder with the built bundles, each in a folder named for its function.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;
}

/**
 * One whole installation: the edge, a data plane in each region, and the control plane in the first. Not a stage itself, so that
 * `cdk deploy --all` finds its stacks; in a pipeline, put it into one (`docs/decisions/0020`).
 *
 * Stacks are named after the construct's id, and after its stage if that has a name: `Gatehouse-DataPlane-eu-west-1`,
 * `Production-Gatehouse-DataPlane-eu-west-1`.
 *
 * @example
 *
 *    new Gatehouse(app, 'Gatehouse', { config: parseDeploymentConfig({ regions: ['eu-west-1'] }) });
 */
export class Gatehouse extends Construct {
  readonly edge: EdgeStack | undefined;
  readonly dataPlanes: readonly DataPlaneStack[];
  readonly controlPlane: ControlPlaneStack | undefined;

  constructor(scope: Construct, id: string, props: GatehouseProps) {
    const { config, bundlesPath } = props;
    super(scope, id);
    const named = (name: string) => ({ stackName: [stageName(this), id, name].filter(Boolean).join('-') });

    if (config.edge === 'cloudfront' && config.webAcl === 'managed') {
      this.edge = new EdgeStack(this, 'Edge', {
        ...named('Edge'),
        ...config.floodLimits,
        ...(config.countries !== undefined && { countries: config.countries }),
        env: { region: 'us-east-1' },
      });
    }
    const webAclArn = config.webAcl.startsWith('arn:') ? config.webAcl : this.edge?.webAcl.webAclArn;
    this.dataPlanes = config.regions.map(
      (region) =>
        new DataPlaneStack(this, `DataPlane-${region}`, {
          ...named(`DataPlane-${region}`),
          env: { region },
          config,
          ...(webAclArn !== undefined && { webAclArn }),
          ...(bundlesPath !== undefined && { bundlesPath }),
        }),
    );
    const [home, ...otherDataPlanes] = this.dataPlanes;
    if (config.controlPlane !== false && home !== undefined) {
      this.controlPlane = new ControlPlaneStack(this, 'ControlPlane', {
        ...named('ControlPlane'),
        env: { region: home.region },
        config,
        settings: config.controlPlane,
        dataPlane: home,
        otherDataPlanes,
        ...(bundlesPath !== undefined && { bundlesPath }),
      });
    }
    Tags.of(this).add('app', 'gatehouse');
  }
}

/** Empty for an app, which is a stage without a name. */
function stageName(scope: Construct): string {
  return Stage.of(scope)?.stageName ?? '';
}
