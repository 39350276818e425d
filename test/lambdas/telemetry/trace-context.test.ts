import { describe, expect, it } from 'vitest';
import { joinTrace } from '../../../lambdas/telemetry/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentSpanId = 'b7ad6b7169203331';

describe('joinTrace', () => {
  it('goes on with the trace of a caller, in a span of its own', () => {
    const trace = joinTrace(`00-${traceId}-${parentSpanId}-01`);

    expect(trace).toEqual({ traceId, parentSpanId, sampled: true, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(trace.spanId).not.toBe(parentSpanId);
  });

  it.each([
    ['00', false],
    ['01', true],
    ['02', false],
    ['0f', true],
    ['a3', true],
  ])('takes from the flags %s whether the caller records the trace', (flags, sampled) => {
    expect(joinTrace(`00-${traceId}-${parentSpanId}-${flags}`)).toMatchObject({ traceId, sampled });
  });

  it('accepts what a later version says behind the parts that it knows', () => {
    expect(joinTrace(`cc-${traceId}-${parentSpanId}-01-what-will-be`)).toMatchObject({ traceId, parentSpanId });
    expect(joinTrace(`01-${traceId}-${parentSpanId}-01`)).toMatchObject({ traceId, parentSpanId });
  });

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['a version that is none', `ff-${traceId}-${parentSpanId}-01`],
    ['upper-case digits', `00-${traceId.toUpperCase()}-${parentSpanId}-01`],
    ['letters that are no digits', `00-${'g'.repeat(32)}-${parentSpanId}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentSpanId}-01`],
    ['a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a trace id that is too short', `00-${traceId.slice(1)}-${parentSpanId}-01`],
    ['no flags', `00-${traceId}-${parentSpanId}`],
    ['half of the flags', `00-${traceId}-${parentSpanId}-0`],
    ['more than version 00 has', `00-${traceId}-${parentSpanId}-01-more`],
    ['more without a hyphen', `01-${traceId}-${parentSpanId}-011`],
    ['two headers that became one', `00-${traceId}-${parentSpanId}-01, 00-${traceId}-${parentSpanId}-01`],
    ['hyphens elsewhere', `00-${traceId.slice(1)}--${parentSpanId}-01`],
    ['text', 'the words of a caller, which are no business of a log'],
  ])('begins a trace of its own for %s', (_name, header) => {
    const [trace, another] = [joinTrace(header), joinTrace(header)];

    expect(trace).toEqual({
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      sampled: true,
    });
    expect(trace.traceId).not.toBe(traceId);
    expect(another.traceId).not.toBe(trace.traceId);
  });
});
