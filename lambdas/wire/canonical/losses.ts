import { WireError } from '../wire-error.ts';

/**
 * What a request loses on its way into another protocol: nothing, unless the caller asked for it. Options the target does not
 * have are refused by name, or left out and listed where the caller prefers that; content is never left out.
 */
export interface Losses {
  /** An option that the target does not have. @throws WireError unless the caller asked for dropping. */
  drop(path: string, reason: string): void;
  /** Content, or an option without which the answer would mean something else. @throws WireError always. */
  refuse(path: string, reason: string): never;
  /** Paths of what was left out. */
  readonly dropped: readonly string[];
}

/** The same under the client's own names of options. */
export function renameLosses(losses: Losses, paths: Readonly<Record<string, string>> = {}): Losses {
  const nameOf = (path: string): string => (Object.hasOwn(paths, path) ? (paths[path] ?? path) : path);
  return {
    drop: (path, reason) => losses.drop(nameOf(path), reason),
    refuse: (path, reason) => losses.refuse(nameOf(path), reason),
    dropped: losses.dropped,
  };
}

/** @param target names it in messages: "Anthropic", "Amazon Bedrock's Converse". */
export function createLosses(target: string, options: { readonly dropping: boolean }): Losses {
  const dropped: string[] = [];
  const refuse = (path: string, reason: string): never => {
    const message = `"${path}" cannot be sent to ${target}: ${reason}.`;
    throw new WireError('parameter_not_supported', message, { param: path });
  };
  return {
    dropped,
    refuse,
    drop(path, reason) {
      if (!options.dropping) return refuse(path, reason);
      dropped.push(path);
    },
  };
}
