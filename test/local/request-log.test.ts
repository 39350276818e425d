import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../lambdas/store/request-record.ts';
import { formatLogLine } from '../../local/request-log.ts';

const record: RequestRecord = {
  id: 'req_1',
  createdAt: '2026-11-22T10:11:12.345Z',
  organization: 'local',
  workspace: 'local',
  key: 'k',
  region: 'local',
  endpoint: '/v1/chat/completions',
  provider: 'sim',
  model: 'echo',
  streamed: true,
  ending: 'completed',
  status: 200,
  finishReason: 'stop',
  inputTokens: 100,
  cacheReadInputTokens: 20,
  cacheWrite5mInputTokens: 3,
  cacheWrite1hInputTokens: 4,
  outputTokens: 50,
  reasoningTokens: 0,
  usageEstimated: false,
  costMicroUsd: 1234,
  attempts: 1,
  latencyMs: 321,
  firstByteMs: 45,
  overheadMs: 2.5,
  keyPolicyVersion: 1,
  workspacePolicyVersion: 1,
  expiresAt: 1,
};
const format = (changes: Partial<RequestRecord>): string =>
  stripVTControlCharacters(
    formatLogLine({ type: 'request', level: 'info', ...record, traceId: 'a', spanId: 'b', ...changes }),
  );

describe('formatLogLine', () => {
  it('says of a request when, what, how, how much and how fast, on one line', () => {
    expect(format({})).toBe(
      '10:11:12.345  200  sim/echo  stop  127→50 tokens  $0.001234  321 ms, first byte 45, overhead 2.5  req_1',
    );
  });

  it.each([
    [{ ending: 'completed', usageEstimated: true }, 'stop  127→50 tokens (estimated)'],
    [{ ending: 'timed-out', status: 504, errorCode: 'provider_timeout' }, '504  sim/echo  provider_timeout'],
    [{ ending: 'caller-gone', status: 499 }, '499  sim/echo  caller-gone'],
  ] as const)('says of %j how it ended', (changes, expected) => {
    expect(format(changes)).toContain(expected);
  });

  it('says of a refusal where and why', () => {
    const { id, createdAt } = record;
    const refusal = {
      id,
      createdAt,
      endpoint: '/v1/models',
      status: 401,
      errorCode: 'invalid_api_key',
      latencyMs: 1.4,
    };

    const line = stripVTControlCharacters(formatLogLine({ type: 'refused', level: 'info', ...refusal }));

    expect(line).toBe('10:11:12.345  401  /v1/models  invalid_api_key  1 ms  req_1');
  });

  it('says of a fault what and where', () => {
    const at = ['at settle (settle.ts:1:2)'];

    const line = formatLogLine({ type: 'fault', level: 'error', kind: 'settlement-failed', error: 'StoreError', at });

    expect(stripVTControlCharacters(line)).toContain('settlement-failed  StoreError');
    expect(line).toContain('settle.ts:1:2');
    expect(line).not.toContain('\n');
  });
});
