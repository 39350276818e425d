import { rebuildUsageOfDay } from '../lambdas/store/rebuild-usage.ts';
import { createSdkDynamoClient, createSdkStoreClient } from '../lambdas/store/sdk-client.ts';
import { tables } from '../lambdas/store/tables.ts';

/*
 * Recomputes the usage of one organization and UTC day from its request records (docs/usage.md). Credentials by the AWS SDK's own
 * chain; the tables' physical names from the environment, under the names the functions use.
 */

/** The stream keeps records for 24 hours, and a request may be settled a while after its day. */
const streamHours = 25;

const [organization, day] = process.argv.slice(2);
if (organization === undefined || day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) {
  throw new Error('Usage: node scripts/rebuild-usage.ts ORGANIZATION YYYY-MM-DD');
}
const endedAt = Date.parse(day) + 86_400_000;
if (!(Date.now() >= endedAt + streamHours * 3_600_000)) {
  throw new Error(`The stream may still bring records of ${day}: wait until ${streamHours} hours after its end (UTC).`);
}

const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
const client = createSdkDynamoClient({
  region: required('AWS_REGION'),
  ...(endpoint !== undefined && { endpoint }),
});
const names = {
  requests: required(tables.requests.environmentVariable),
  usage: required(tables.usage.environmentVariable),
};
const { replaced, kept } = await rebuildUsageOfDay(createSdkStoreClient(client), names, organization, day);
console.log(`${replaced} sums replaced; ${kept} left alone because they count more requests than there are records`);

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}
