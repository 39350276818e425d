import type { Fields } from '../../canonical/read.ts';
import type { JsonSchema } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';

/**
 * What a schema refers to inside itself. Gemini resolves references to `$defs` only, so whatever else one points at, such as
 * `#/definitions/…` of older drafts or the schema as a whole, becomes a definition.
 */
export class SchemaReferences {
  readonly #root: JsonSchema;
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #pending: { readonly name: string; readonly pointer: string; readonly schema: Fields | boolean }[] = [];

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  /** The name of the definition that stands for it: of one that `resolve` finds. */
  nameOf(reference: string): string {
    const known = this.#names.get(reference);
    if (known !== undefined) return known;
    const pointer = reference.slice(1);
    const name = this.#freeName(pointer);
    this.#names.set(reference, name);
    this.#taken.add(name);
    this.#pending.push({ name, pointer, schema: this.resolve(reference) ?? true });
    return name;
  }

  /** `undefined` where the reference leads out of the schema or nowhere. */
  resolve(reference: string): Fields | boolean | undefined {
    if (!/^#(?=\/|$)/.test(reference)) return undefined;
    const found = this.#find(reference.slice(1));
    return isObject(found) || typeof found === 'boolean' ? found : undefined;
  }

  /** All that was referred to, and what that refers to in turn. */
  define(adapt: (schema: unknown, pointer: string) => Fields): Record<string, Fields> {
    const definitions: Record<string, Fields> = {};
    // Grows while it is read.
    for (const next of this.#pending) {
      definitions[next.name] = adapt(next.schema, next.pointer.replaceAll('/', '.'));
    }
    return definitions;
  }

  #find(pointer: string): unknown {
    let found: unknown = this.#root;
    for (const step of pointer.split('/').slice(1)) {
      const key = readStep(step);
      if (Array.isArray(found)) found = found[Number(key)];
      else found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    }
    return found;
  }

  #freeName(pointer: string): string {
    const last = pointer.split('/').at(-1) ?? '';
    const name = last.replaceAll(/[^\w-]/g, '_') || 'root';
    let free = name;
    for (let number = this.#taken.size; this.#taken.has(free); number += 1) free = `${name}_${number}`;
    return free;
  }
}

/** https://datatracker.ietf.org/doc/html/rfc6901, in a URL's fragment. */
function readStep(step: string): string {
  const text = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
