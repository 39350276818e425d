import { CliError } from './cli-error.ts';
import { exitCodeOfStatus } from './exit-code.ts';

interface ProblemDetails {
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly requestId?: unknown;
}

/** The error for an answer that is not a success: an RFC 9457 body as the server words it, or else only its status. */
export function errorOfAnswer(status: number, body: unknown, requestIdHeader: string | undefined): CliError {
  const problem: ProblemDetails = typeof body === 'object' && body !== null ? body : {};
  const title = text(problem.title) ?? `The server answered ${status} and did not say why.`;
  const detail = text(problem.detail);
  const requestId = text(problem.requestId) ?? requestIdHeader;
  const origin = [
    `status ${status}`,
    ...(text(problem.code) === undefined ? [] : [`code ${text(problem.code)}`]),
    ...(requestId === undefined ? [] : [`request ${printable(requestId)}`]),
  ];
  const fields = fieldLines(problem.errors);
  // With fields named, the detail is the same in one line.
  const lines = [
    title,
    ...(detail === undefined || fields.length > 0 ? [] : [detail]),
    ...fields,
    `(${origin.join(', ')})`,
  ];
  return new CliError(exitCodeOfStatus(status), lines.join('\n'), status);
}

function fieldLines(errors: unknown): string[] {
  if (!Array.isArray(errors)) return [];
  return errors.map((error: { field?: unknown; message?: unknown } | null) => {
    const field = text(error?.field);
    const message = text(error?.message) ?? 'is not valid';
    return field === undefined ? `  ${message}` : `  ${field}: ${message}`;
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? printable(value) : undefined;
}

/** A server's text must not steer the terminal it is printed on. */
export function printable(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
