import * as z from 'zod';
import type { Stack } from './assembly.ts';
import { type Charge, type CostItem, itemsOf, type Quantity, sumOf } from './charge.ts';
import type { PriceList } from './prices.ts';
import { memoryOfFunction } from './references.ts';
import { gigabytes } from './resource-charges.ts';

/** What a typical request looks like. Options of the command change it. */
export interface Traffic {
  readonly secondsPerStream: number;
  readonly kilobytesPerAnswer: number;
  readonly kilobytesOfLog: number;
  /** Key and organization; one more for each workspace or key with a budget or limits of its own. */
  readonly meters: number;
}

export const typicalTraffic: Traffic = { secondsPerStream: 10, kilobytesPerAnswer: 100, kilobytesOfLog: 2, meters: 2 };

export interface RequestCost {
  readonly items: readonly CostItem[];
  readonly microUsd: number;
}

const million: Quantity = { count: 1_000_000, unit: ['request', 'requests'] };

/** Seconds and KB are counted in thousandths, so that a fraction given as an option stays exact. */
const thousandths = 1000;

const functionSchema = z.object({
  MemorySize: z.int().default(128),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
const distributionSchema = z.object({ DistributionConfig: z.object({ WebACLId: z.unknown().optional() }) });

/** The price of a million requests to the data plane, or nothing where none of the stacks is one. */
export function costOfMillion(stacks: readonly Stack[], traffic: Traffic, list: PriceList): RequestCost | undefined {
  for (const stack of stacks) {
    const memory = proxyMemory(stack);
    if (memory === undefined) continue;
    const items = itemsOf(requestCharges(stack, memory, traffic), list);
    return { items, microUsd: sumOf(items) };
  }
  return undefined;
}

/** The proxy is the function that is told where meters are; those of the control plane are told where data planes are. */
function proxyMemory(stack: Stack): number | undefined {
  for (const { Type, Properties } of Object.values(stack.resources)) {
    const parsed = Type === 'AWS::Lambda::Function' ? functionSchema.safeParse(Properties).data : undefined;
    if (parsed !== undefined && 'TABLE_METER' in parsed.Environment.Variables) return parsed.MemorySize;
  }
  return undefined;
}

function requestCharges(stack: Stack, memory: number, traffic: Traffic): Charge[] {
  const has = (type: string): boolean => Object.values(stack.resources).some(({ Type }) => Type === type);
  const perRequest = (group: string, price: Charge['price'], ...others: Quantity[]): Charge => ({
    group,
    quantities: [million, ...others],
    price,
  });
  const seconds: Quantity = { ...inThousandths(traffic.secondsPerStream), unit: ['s', 's'] };
  const answer = kilobytes(traffic.kilobytesPerAnswer);
  const hasEdge = has('AWS::CloudFront::Distribution');
  return [
    perRequest('Lambda duration', 'lambdaGigabyteSecond', seconds, gigabytes(memory)),
    perRequest('Lambda requests', 'lambdaRequest'),
    ...authorizerCharges(stack, perRequest),
    ...(has('AWS::ApiGateway::RestApi') ? [perRequest('API Gateway', 'apiGatewayRequest')] : []),
    ...(hasEdge ? [perRequest('CloudFront requests', 'edgeRequest')] : []),
    ...(has('AWS::CloudFront::Function') ? [perRequest('CloudFront function', 'edgeFunctionRun')] : []),
    ...(hasWebAcl(stack) ? [perRequest('web ACL', 'webAclRequest')] : []),
    perRequest('data to callers', hasEdge ? 'edgeGigabyte' : 'regionGigabyte', ...answer),
    perRequest('meters: hold and settle', 'tableWrite', { count: 2 * traffic.meters, unit: ['write', 'writes'] }),
    perRequest('request records', 'tableWrite', { count: 1, unit: ['write', 'writes'] }),
    perRequest('usage sums, at most', 'tableWrite', { count: 1, unit: ['write', 'writes'] }),
    perRequest('usage sums, at most', 'tableRead', { count: 1, unit: ['read', 'reads'] }),
    perRequest('log lines taken in', 'logGigabyte', ...kilobytes(traffic.kilobytesOfLog)),
  ];
}

type PerRequest = (group: string, price: Charge['price'], ...others: Quantity[]) => Charge;

const authorizerSchema = z.object({ AuthorizerUri: z.unknown() });

/** An authorizer is a call of its function for each request: one read of a policy, if that is not cached. */
function authorizerCharges(stack: Stack, perRequest: PerRequest): Charge[] {
  return Object.values(stack.resources)
    .filter(({ Type }) => Type === 'AWS::ApiGateway::Authorizer')
    .flatMap(({ Properties }) => {
      const memory = memoryOfFunction(stack, functionIn(stack, authorizerSchema.parse(Properties).AuthorizerUri));
      const milliseconds: Quantity = { count: 20, divisor: 1000, unit: ['s', 's'] };
      return [
        perRequest('authorizer', 'lambdaGigabyteSecond', milliseconds, gigabytes(memory)),
        perRequest('authorizer', 'lambdaRequest'),
        perRequest('authorizer', 'tableRead', { count: 1, unit: ['read', 'reads'] }),
      ];
    });
}

/** The function of this stack that a longer text, such as an integration's URI, is about. */
function functionIn({ resources }: Stack, text: unknown): object {
  const written = JSON.stringify(text);
  const id = Object.entries(resources).find(
    ([logicalId, { Type }]) => Type === 'AWS::Lambda::Function' && written.includes(`"${logicalId}"`),
  )?.[0];
  return { Ref: id ?? '' };
}

function hasWebAcl({ resources }: Stack): boolean {
  return Object.values(resources).some(
    ({ Type, Properties }) =>
      Type === 'AWS::CloudFront::Distribution' &&
      distributionSchema.parse(Properties).DistributionConfig.WebACLId !== undefined,
  );
}

function inThousandths(value: number): Pick<Quantity, 'count' | 'divisor'> {
  return { count: Math.round(value * thousandths), divisor: thousandths };
}

/** Priced by the GB, which on AWS's bills is 1024 x 1024 KB. */
function kilobytes(value: number): Quantity[] {
  return [
    { ...inThousandths(value), unit: ['KB', 'KB'] },
    { count: 1, divisor: 1024 * 1024, unit: ['GB per KB', 'GB per KB'] },
  ];
}
