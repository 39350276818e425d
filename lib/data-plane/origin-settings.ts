import * as z from 'zod';
import { mutualTlsSettings } from './mutual-tls-settings.ts';

/** What an operator decides about the way from CloudFront to the proxy; `docs/origins.md` compares the choices. */
export const originSettings = {
  /** What CloudFront calls. `function-url` is public but for the origin header, and has no throttle: for sandboxes. */
  origin: z.enum(['rest-api', 'function-url']).default('rest-api'),
  /** Certificates between CloudFront and API Gateway; left out, the origin header is the only check. */
  mutualTls: mutualTlsSettings.exactOptional(),
  /** Execution environments of its own for each organization. A change of this replaces the proxy function. */
  tenantIsolation: z.boolean().default(false),
  /** Requests per second per region at which API Gateway answers 429: 1000, and 2000 at once, if left out. */
  throttling: z
    .strictObject({
      throttlingRateLimit: z.int().min(1).exactOptional(),
      throttlingBurstLimit: z.int().min(1).exactOptional(),
    })
    .exactOptional(),
};

const schema = z.object(originSettings);

type Settings = z.infer<typeof schema> & {
  readonly edge: 'cloudfront' | 'none';
  readonly regions: readonly string[];
  readonly proxy: { readonly provisionedConcurrentExecutions: number };
};

interface Contradiction {
  readonly path: string[];
  readonly message: string;
  readonly holds: (settings: Settings) => boolean;
}

const contradictions: readonly Contradiction[] = [
  {
    path: ['origin'],
    message:
      'must be "rest-api" with `edge` "none": a function URL is public, and the header that CloudFront adds is its only door',
    holds: ({ origin, edge }) => origin === 'function-url' && edge === 'none',
  },
  {
    path: ['origin'],
    message: 'must be "rest-api" with `mutualTls`, `tenantIsolation` or `throttling`, which only API Gateway offers',
    holds: ({ origin, mutualTls, tenantIsolation, throttling }) =>
      origin === 'function-url' && (mutualTls !== undefined || tenantIsolation || throttling !== undefined),
  },
  {
    path: ['mutualTls'],
    message: 'must be left out with `edge` "none": it is CloudFront that shows the certificate',
    holds: ({ mutualTls, edge }) => mutualTls !== undefined && edge === 'none',
  },
  {
    path: ['mutualTls'],
    message: 'can be used with one region only, which its host name and certificate belong to',
    holds: ({ mutualTls, regions }) => mutualTls !== undefined && regions.length > 1,
  },
  {
    path: ['mutualTls', 'certificateArn'],
    message: 'must be in the region of the deployment',
    holds: ({ mutualTls, regions }) => mutualTls !== undefined && mutualTls.certificateArn.split(':')[3] !== regions[0],
  },
  {
    path: ['proxy', 'provisionedConcurrentExecutions'],
    message: 'must be 0 with `tenantIsolation`, whose environments belong to one tenant each',
    holds: ({ tenantIsolation, proxy }) => tenantIsolation && proxy.provisionedConcurrentExecutions > 0,
  },
];

/** Refuses settings that cannot stand together, in words of the settings. The constructs refuse them too. */
export function refuseOriginContradictions(settings: Settings, context: z.RefinementCtx): void {
  for (const { path, message, holds } of contradictions) {
    if (holds(settings)) context.addIssue({ code: 'custom', path, message, input: settings });
  }
}
