/** A class of errors whose messages are of our own making. */
type ErrorClass = abstract new (...parameters: never[]) => Error;

/**
 * What a function may let its runtime see of an error. Lambda's runtime writes the message, the causes and every other member of
 * what is thrown into the log; a parser's message quotes what it was given, and a refused write can carry a stored item.
 *
 * @param spoken classes whose message may be shown
 * @returns an error of the same name, with the stack's positions and nothing else
 */
export function thrownFailure(error: unknown, spoken: readonly ErrorClass[]): Error {
  const known = error instanceof Error;
  const message = known && spoken.some((type) => error instanceof type) ? error.message : 'see the fault logged before';
  const failure = new Error(message);
  failure.name = known ? error.name : 'Error';
  failure.stack = [`${failure.name}: ${message}`, ...positionsOf(error)].join('\n');
  return failure;
}

/** The lines of an error's stack that say where, without its message. */
export function positionsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  // The stack begins with the message, of which a line can look like a position.
  const stack = (error.stack ?? '').replace(error.message, '');
  return stack.split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
}
