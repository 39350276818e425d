/** What a script can tell from how the command ended. The texts are printed by `--help` and repeated in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  failedCheck: 1,
  usage: 2,
  forbidden: 3,
  notFound: 4,
  conflict: 5,
  invalidInput: 6,
  unreachable: 7,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeTexts: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'a check failed, a chain is broken, or a confirmation was declined',
  2: 'the command line, the environment or a file it names is wrong',
  3: 'not signed in, or not allowed (401, 403)',
  4: 'not found (404)',
  5: 'a conflict, or somebody changed it meanwhile (409, 412)',
  6: 'refused input (400, 413, 422)',
  7: 'the server cannot be reached, is busy, or failed',
};

/** The exit code for an HTTP status that is not a success. */
export function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.forbidden;
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 412) return exitCodes.conflict;
  if (status === 408 || status === 429 || status < 400 || status >= 500) return exitCodes.unreachable;
  return exitCodes.invalidInput;
}
