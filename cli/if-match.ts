import type { Command } from 'commander';

export interface IfMatchOption {
  readonly ifMatch?: string;
}

export function addIfMatchOption(command: Command): Command {
  return command.option(
    '--if-match <etag>',
    'only if its ETag, which "get" shows, is still this one; "auto": only if nobody changes it in between',
    parseEtag,
  );
}

/** A shell takes the quotes that belong to an ETag off. */
function parseEtag(value: string): string {
  return /^\d+$/.test(value) ? `"${value}"` : value;
}

/**
 * The ETag a change is bound to, and the resource if it was read for that.
 *
 * @param options `needsPresent`: the change is computed from what there is (a limit added to the others), so it must not overwrite
 *   what somebody changed in between
 */
export async function readBeforeChange<Body>(
  read: () => Promise<{ readonly body: Body; readonly etag: string | undefined }>,
  options: IfMatchOption & { readonly needsPresent: boolean },
): Promise<{ readonly present?: Body; readonly ifMatch?: string }> {
  const given = options.ifMatch === 'auto' ? undefined : options.ifMatch;
  if (options.ifMatch !== 'auto' && !options.needsPresent) return given === undefined ? {} : { ifMatch: given };
  const { body, etag } = await read();
  const ifMatch = given ?? etag;
  return { present: body, ...(ifMatch !== undefined && { ifMatch }) };
}
