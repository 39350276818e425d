/**
 * An exception inside a stream as a body that says of itself what it is: `type` is the exception's name, `code` the status that
 * the model itself answered with where Bedrock tells it. `undefined` where nothing could be read.
 */
export function readStreamError(
  name: string | undefined,
  fields: Readonly<Record<string, unknown>> | undefined,
): unknown {
  if (name === undefined || (fields === undefined && !name.endsWith('Exception'))) return undefined;
  const { message, originalMessage, originalStatusCode } = fields ?? {};
  return {
    type: name,
    ...(typeof originalStatusCode === 'number' && { code: originalStatusCode }),
    message: typeof message === 'string' ? message : originalMessage,
  };
}
