import { ChunkedBody } from './chunked-body.ts';
import { type BodyFraming, parseHead } from './http-head.ts';

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
  /** Whether the connection may carry another request. */
  readonly reusable: boolean;
}

export const maxHeadBytes = 32 * 1024;
export const maxBodyBytes = 16 * 1024 * 1024;

/**
 * Reads one answer to one POST, from chunks split anywhere. Stricter than a browser: whatever is not plain HTTP/1.1 is an error,
 * since an answer read wrongly could pass for the answer to the next call.
 */
export class HttpResponseDecoder {
  #unread: Buffer | undefined;
  #head: { readonly status: number; readonly framing: BodyFraming; readonly keepAlive: boolean } | undefined;
  readonly #body: Buffer[] = [];
  #bodyBytes = 0;
  #chunked: ChunkedBody | undefined;

  /**
   * Takes the next bytes; returns the answer once it is whole, and must not be called after that.
   *
   * @throws Error for anything that is not a valid answer.
   */
  feed(chunk: Buffer): HttpResponse | undefined {
    const rest = this.#head === undefined ? this.#readHead(chunk) : chunk;
    return rest === undefined ? undefined : this.#readBody(rest);
  }

  /** What the end of the stream makes of it: an answer that lasts as long as its connection, or undefined. */
  end(): HttpResponse | undefined {
    return this.#head?.framing === 'until-end' ? this.#finish(false) : undefined;
  }

  /** Returns what follows the head, once it is there. */
  #readHead(chunk: Buffer): Buffer | undefined {
    // The end of the head may lie across the chunks; what was searched before is not searched again.
    let from = Math.max(0, (this.#unread?.length ?? 0) - 3);
    let bytes = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n', from);
      if ((end === -1 ? bytes.length : end) > maxHeadBytes) throw new Error('head too long');
      if (end === -1) {
        this.#unread = bytes;
        return undefined;
      }
      const head = parseHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + 4);
      from = 0;
      // An interim answer, such as 100 Continue, which may be sent unasked.
      if (head.status < 200) continue;
      this.#head = head;
      if (head.framing === 'chunked') this.#chunked = new ChunkedBody((data) => this.#take(data));
      return bytes;
    }
  }

  #readBody(bytes: Buffer): HttpResponse | undefined {
    const { framing } = this.#head!;
    if (framing === 'chunked') {
      const surplus = this.#chunked!.feed(bytes);
      return surplus === undefined ? undefined : this.#finish(surplus === 0);
    }
    if (framing === 'until-end') {
      this.#take(bytes);
      return undefined;
    }
    if (framing > maxBodyBytes) throw new Error('body too long');
    const missing = framing - this.#bodyBytes;
    this.#take(bytes.length > missing ? bytes.subarray(0, missing) : bytes);
    return this.#bodyBytes === framing ? this.#finish(bytes.length === missing) : undefined;
  }

  #take(bytes: Buffer): void {
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > maxBodyBytes) throw new Error('body too long');
    this.#body.push(bytes);
  }

  /** `clean`: nothing follows that nobody asked for. */
  #finish(clean: boolean): HttpResponse {
    const bytes = this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
    const { status, keepAlive } = this.#head!;
    return { status, text: bytes.toString('utf8'), reusable: clean && keepAlive };
  }
}
