import { bedrock } from './bedrock.ts';
import { existingResources } from './existing-resources.ts';
import { functionUrl } from './function-url.ts';
import { hardened } from './hardened.ts';
import { homeOutsideUsEast1 } from './home-outside-us-east-1.ts';
import { noControlPlane } from './no-control-plane.ts';
import { ownDomain } from './own-domain.ts';
import { sandbox } from './sandbox.ts';
import { singleRegion } from './single-region.ts';
import { twoRegions } from './two-regions.ts';
import type { Claims } from './variant.ts';
import { vpc } from './vpc.ts';

/** By the name of the file in `examples`. */
export const claims: Readonly<Record<string, Claims>> = {
  bedrock,
  'existing-resources': existingResources,
  'function-url': functionUrl,
  hardened,
  'home-outside-us-east-1': homeOutsideUsEast1,
  'no-control-plane': noControlPlane,
  'own-domain': ownDomain,
  sandbox,
  'single-region': singleRegion,
  'two-regions': twoRegions,
  vpc,
};
