/**
 * Watches the text of one JSON document as it comes in, in time linear in its length. Only an object, an array or a string is
 * ever known to be complete: `12` could go on.
 */
export class CompleteJson {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #begun = false;
  #complete = false;

  /** Whether anything but white space has come. */
  get begun(): boolean {
    return this.#begun;
  }

  get complete(): boolean {
    return this.#complete;
  }

  push(text: string): void {
    this.#begun ||= /\S/.test(text);
    for (let at = 0; at < text.length && !this.#complete; at += 1) this.#pushCharacter(text[at] ?? '');
  }

  #pushCharacter(character: string): void {
    if (this.#inString) return this.#pushInString(character);
    if (character === '"') this.#inString = true;
    else if (character === '{' || character === '[') this.#depth += 1;
    else if (character === '}' || character === ']') this.#leave();
  }

  #pushInString(character: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') {
      this.#inString = false;
      this.#complete = this.#depth === 0;
    }
  }

  #leave(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    this.#complete = this.#depth === 0;
  }
}
