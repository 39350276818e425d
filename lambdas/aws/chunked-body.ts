/** Longest line between chunks, extensions included, and all trailer lines together. */
const maxLineBytes = 4096;

type Expected = 'size' | 'data' | 'data-end' | 'trailer' | 'nothing';

/** Takes a chunked body apart, from pieces split anywhere. Extensions and trailers are read over. */
export class ChunkedBody {
  readonly #onData: (data: Buffer) => void;
  #expected: Expected = 'size';
  #dataBytes = 0;
  #line = '';
  #trailerBytes = 0;

  constructor(onData: (data: Buffer) => void) {
    this.#onData = onData;
  }

  /**
   * Takes the next bytes. Once the body has ended, returns how many bytes are left over.
   *
   * @throws Error for anything that is not a chunked body.
   */
  feed(bytes: Buffer): number | undefined {
    let position = 0;
    while (this.#expected !== 'nothing' && position < bytes.length) {
      position = this.#expected === 'data' ? this.#readData(bytes, position) : this.#readLine(bytes, position);
    }
    return this.#expected === 'nothing' ? bytes.length - position : undefined;
  }

  #readData(bytes: Buffer, position: number): number {
    const end = Math.min(bytes.length, position + this.#dataBytes);
    this.#onData(bytes.subarray(position, end));
    this.#dataBytes -= end - position;
    if (this.#dataBytes === 0) this.#expected = 'data-end';
    return end;
  }

  #readLine(bytes: Buffer, position: number): number {
    const feedAt = bytes.indexOf(10, position);
    const end = feedAt === -1 ? bytes.length : feedAt + 1;
    if (this.#line.length + end - position > maxLineBytes) throw new Error('line too long');
    this.#line += bytes.toString('latin1', position, end);
    if (feedAt !== -1) {
      const line = this.#line;
      this.#line = '';
      if (!/^[^\r\n\0]*\r\n$/.test(line)) throw new Error('malformed line');
      this.#onLine(line.slice(0, -2));
    }
    return end;
  }

  #onLine(line: string): void {
    if (this.#expected === 'size') {
      const digits = /^([\da-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
      if (digits === undefined) throw new Error('malformed chunk size');
      this.#dataBytes = Number.parseInt(digits, 16);
      this.#expected = this.#dataBytes === 0 ? 'trailer' : 'data';
    } else if (this.#expected === 'data-end') {
      if (line !== '') throw new Error('chunk longer than its size');
      this.#expected = 'size';
    } else if (line === '') {
      this.#expected = 'nothing';
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > maxLineBytes) throw new Error('trailer too long');
    }
  }
}
