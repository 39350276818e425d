import { inspect } from 'node:util';

const hidden = '[secret]';

/**
 * A value that no logger, JSON serializer, template string or `util.inspect` can print. `reveal()` is the only way to the text;
 * search the code base for it to see every place where a plain secret is handled.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
