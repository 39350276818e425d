import { createAwsTransport } from '../lambdas/aws/json-transport.ts';
import { createLeanStoreClient } from '../lambdas/store/lean-client.ts';
import { type MeterClaim, reserve, settleReservation } from '../lambdas/store/meter.ts';
import { putRequestRecord, type RequestRecord } from '../lambdas/store/request-record.ts';
import { tableNames } from './store-answers.ts';

/**
 * Processor time per store call, in a process that does nothing else. The five calls of one request, grouped as a request makes
 * them: two reservations at once, then two settlements and the record at once.
 */
const callsPerRequest = 5;

async function main(requests: number): Promise<void> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench', sessionToken: 'x'.repeat(700) };
  const transport = createAwsTransport({
    service: 'dynamodb',
    region: 'eu-central-1',
    endpoint: process.env['BENCH_STORE_URL'] ?? '',
    credentials: async () => credentials,
  });
  const store = createLeanStoreClient(transport);
  const meters = { store, table: tableNames.meter };
  const serveOne = async (): Promise<void> => {
    const now = Date.now();
    const hold = { tokens: 500, amountMicroUsd: 1_000 };
    const outcomes = await Promise.all(claims(now).map((claim) => reserve(meters, claim, hold, now)));
    const actual = { tokens: 180, amountMicroUsd: 240 };
    await Promise.all([
      putRequestRecord(store, tableNames.requests, record),
      ...outcomes.map((outcome) => {
        if (outcome.kind !== 'reserved') throw new Error(`the stub's answer was taken for ${outcome.kind}`);
        return settleReservation(meters, outcome.reservation, actual, now);
      }),
    ]);
  };
  for (let index = 0; index < requests; index += 1) await serveOne();
  const before = process.cpuUsage();
  for (let index = 0; index < requests; index += 1) await serveOne();
  const { user, system } = process.cpuUsage(before);
  transport.close();
  console.log(JSON.stringify({ cpuMicroseconds: (user + system) / (requests * callsPerRequest) }));
}

function claims(now: number): readonly MeterClaim[] {
  const period = new Date(now).toISOString().slice(0, 7);
  return [
    {
      id: 'key#bench',
      policyVersion: 1,
      whenAbsent: 'create',
      limits: { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrentRequests: 10_000 },
      money: { kind: 'budget', amountMicroUsd: 1_000_000_000, period, periodEndsAt: now, policyVersion: 1 },
    },
    { id: 'org#bench', policyVersion: 1, whenAbsent: 'create', limits: {}, money: { kind: 'prepaid' } },
  ];
}

const record: RequestRecord = {
  id: 'req_01kb2m3n4p5q6r7s8t9v0w1x2y',
  createdAt: '2026-11-22T04:00:00.000Z',
  organization: 'bench',
  workspace: 'bench',
  key: 'bench',
  region: 'eu-central-1',
  endpoint: '/v1/chat/completions',
  provider: 'bench',
  model: 'whole',
  streamed: false,
  ending: 'completed',
  status: 200,
  finishReason: 'stop',
  inputTokens: 120,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 60,
  reasoningTokens: 0,
  usageEstimated: false,
  costMicroUsd: 240,
  attempts: 1,
  latencyMs: 12,
  firstByteMs: 12,
  overheadMs: 2,
  keyPolicyVersion: 1,
  workspacePolicyVersion: 1,
  expiresAt: 1_771_300_800,
};

void main(Number(process.env['BENCH_REQUESTS']));
