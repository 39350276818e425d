import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { JsonSchema, OutputFormat } from '../../canonical/request.ts';

type AdaptSchema = (schema: JsonSchema) => { readonly schema: JsonSchema; readonly problems: readonly string[] };

/** Of `outputConfig`. https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
export function encodeTextFormat(
  format: OutputFormat | undefined,
  { capabilities }: EncodingTarget,
  losses: Losses,
  adapt: AdaptSchema = (schema) => ({ schema, problems: [] }),
): object {
  if (format === undefined) return {};
  const path = format.path ?? 'response_format';
  if (format.kind === 'json') {
    losses.drop(path, 'it gives JSON by a schema only; send one');
    return {};
  }
  if (capabilities?.structuredOutput === false) {
    losses.drop(path, 'the model cannot be held to a schema');
    return {};
  }
  const { schema, problems } = adapt(format.schema);
  for (const problem of problems) losses.drop(path, problem);
  if (problems.length > 0) return {};
  const jsonSchema = {
    schema: JSON.stringify(schema),
    ...(format.name !== undefined && { name: format.name }),
    ...(format.description !== undefined && { description: format.description }),
  };
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}
