import * as z from 'zod';
import { usageError } from '../cli-error.ts';

/** What AWS charges, as data. Every price has the page it is from; `docs/cli.md` says how to give those of another region. */

const usd = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,12})?$/, 'must be US dollars as text with at most 12 decimals, such as "0.40"');

const priceSchema = z.strictObject({
  /** As text: these numbers have more digits than a float keeps. */
  usd,
  per: z.string(),
  source: z.url(),
  /** Why the figure may be wrong. Without it, the page says so in these words. */
  doubt: z.string().optional(),
});

export type Price = z.infer<typeof priceSchema>;

const fromCopies = 'read in copies of the page, not on it';

export const defaultPrices = {
  region: 'us-east-1',
  date: '2026-11-22',
  prices: {
    kmsKey: { usd: '1.00', per: 'customer managed key and month', source: 'https://aws.amazon.com/kms/pricing/' },
    secret: {
      usd: '0.40',
      per: 'secret and month',
      source: 'https://aws.amazon.com/secrets-manager/pricing/',
      doubt: fromCopies,
    },
    webAcl: { usd: '5.00', per: 'web ACL and month', source: 'https://aws.amazon.com/waf/pricing/' },
    webAclRule: { usd: '1.00', per: 'rule or rule group and month', source: 'https://aws.amazon.com/waf/pricing/' },
    webAclRequest: { usd: '0.0000006', per: 'request', source: 'https://aws.amazon.com/waf/pricing/' },
    alarmMetric: {
      usd: '0.10',
      per: 'metric of an alarm and month',
      source: 'https://aws.amazon.com/cloudwatch/pricing/',
      doubt: 'that every metric of a math expression counts is the dearer reading',
    },
    fastAlarmMetric: {
      usd: '0.30',
      per: 'metric of an alarm with a period under a minute and month',
      source: 'https://aws.amazon.com/cloudwatch/pricing/',
      doubt: fromCopies,
    },
    compositeAlarm: {
      usd: '0.50',
      per: 'alarm and month',
      source: 'https://aws.amazon.com/cloudwatch/pricing/',
      doubt: fromCopies,
    },
    dashboard: {
      usd: '3.00',
      per: 'dashboard and month',
      source: 'https://aws.amazon.com/cloudwatch/pricing/',
      doubt: fromCopies,
    },
    customMetric: {
      usd: '0.30',
      per: 'metric and month',
      source: 'https://aws.amazon.com/cloudwatch/pricing/',
      doubt: fromCopies,
    },
    logGigabyte: {
      usd: '0.50',
      per: 'GB taken in',
      source: 'https://aws.amazon.com/cloudwatch/pricing/',
      doubt: fromCopies,
    },
    lambdaGigabyteSecond: {
      usd: '0.0000133334',
      per: 'GB-second on arm64',
      source: 'https://aws.amazon.com/lambda/pricing/',
    },
    lambdaRequest: { usd: '0.0000002', per: 'request', source: 'https://aws.amazon.com/lambda/pricing/' },
    provisionedGigabyteSecond: {
      usd: '0.0000033334',
      per: 'GB-second of provisioned concurrency on arm64',
      source: 'https://aws.amazon.com/lambda/pricing/',
      doubt: fromCopies,
    },
    scheduledRun: {
      usd: '0.000001',
      per: 'run',
      source: 'https://aws.amazon.com/eventbridge/pricing/',
      doubt: fromCopies,
    },
    apiGatewayRequest: {
      usd: '0.0000035',
      per: 'request; an answer counts once for every 10 MB begun',
      source: 'https://aws.amazon.com/api-gateway/pricing/',
    },
    tableWrite: {
      usd: '0.000000625',
      per: 'write of 1 KB',
      source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    },
    tableRead: {
      usd: '0.000000125',
      per: 'read of 4 KB',
      source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    },
    edgeRequest: {
      usd: '0.000001',
      per: 'HTTPS request to CloudFront from North America',
      source: 'https://aws.amazon.com/cloudfront/pricing/pay-as-you-go/',
      doubt: fromCopies,
    },
    edgeFunctionRun: {
      usd: '0.0000001',
      per: 'run of a CloudFront function',
      source: 'https://aws.amazon.com/cloudfront/pricing/pay-as-you-go/',
      doubt: fromCopies,
    },
    edgeGigabyte: {
      usd: '0.085',
      per: 'GB out of CloudFront to North America',
      source: 'https://aws.amazon.com/cloudfront/pricing/pay-as-you-go/',
      doubt: fromCopies,
    },
    regionGigabyte: {
      usd: '0.09',
      per: 'GB out of the region to the internet',
      source: 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer',
      doubt: fromCopies,
    },
  },
} as const;

export type PriceName = keyof typeof defaultPrices.prices;

export interface PriceList {
  readonly region: string;
  readonly date: string;
  readonly prices: Readonly<Record<PriceName, Price>>;
}

const priceNames = Object.keys(defaultPrices.prices) as [PriceName, ...PriceName[]];

/** A list has every price: one that fell back to another region's would be wrong without a trace. */
const priceListSchema = z.strictObject({
  region: z.string(),
  date: z.iso.date(),
  prices: z.record(z.enum(priceNames), priceSchema),
});

/** @throws CliError (usage) naming what is wrong with it */
export function parsePriceList(path: string, value: unknown): PriceList {
  const parsed = priceListSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usageError(`${path} is no price list.\n${z.prettifyError(parsed.error)}`);
}
