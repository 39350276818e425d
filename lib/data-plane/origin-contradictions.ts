import type { DataPlaneProps } from './data-plane.ts';

/** Settings that would do nothing, or not what they say, and would leave their author thinking they protect something. */
export function refuseContradictions(props: DataPlaneProps): void {
  const hasDistribution = props.distribution ?? true;
  if (!hasDistribution) refuseEdgeSettings(props);
  if (props.origin === 'function-url') {
    refuseApiSettings(props);
    if (!hasDistribution && props.originSecret === undefined) refuseOpenDoor();
  }
}

function refuseEdgeSettings(props: DataPlaneProps): void {
  for (const setting of ['webAclArn', 'domainNames', 'certificate', 'logBucket', 'mutualTls'] as const) {
    if (props[setting] !== undefined) throw new Error(`\`${setting}\` has no effect when \`distribution\` is false`);
  }
}

function refuseApiSettings(props: DataPlaneProps): void {
  const settings = [
    props.mutualTls !== undefined && 'mutualTls',
    props.tenantIsolation === true && 'tenantIsolation',
    props.throttlingRateLimit !== undefined && 'throttlingRateLimit',
    props.throttlingBurstLimit !== undefined && 'throttlingBurstLimit',
  ];
  const [setting] = settings.filter((name) => name !== false);
  if (setting !== undefined) {
    throw new Error(
      `\`origin\` must be "rest-api" with \`${setting}\`, which only API Gateway offers, got: function-url`,
    );
  }
}

/** A function URL has no throttle: without CloudFront and its header, whoever finds it can run up the bill. */
function refuseOpenDoor(): never {
  throw new Error(
    '`origin` must be "rest-api" where no CloudFront adds the origin header (`distribution` false, edge "none") and no `originSecret` is given, got: function-url',
  );
}
