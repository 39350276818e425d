/** DynamoDB keeps items of up to 400 KB, and a policy is one. What else is in it takes some of that. */
const maxPolicyBytes = 350_000;

/**
 * Whether so many records still make one policy. One too large could not be published, and so would stand in the way of every
 * later change.
 */
export function fitsOnePolicy(records: readonly object[]): boolean {
  const bytes = records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)), 0);
  return bytes <= maxPolicyBytes;
}
