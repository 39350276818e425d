/** What a request can be refused for by its protocol alone. `wire/` knows no HTTP; the endpoint turns this into its envelope. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: 'invalid_json' | 'invalid_request' | 'parameter_not_supported';
  /** JSON path of the offending field. */
  readonly param: string | undefined;

  constructor(code: WireError['code'], message: string, options: { param?: string } = {}) {
    super(message);
    this.code = code;
    this.param = options.param;
  }
}

/** By name: the translation is a bundle of its own, with a class of its own. */
export function isWireError(error: unknown): error is WireError {
  return error instanceof Error && error.name === 'WireError';
}
