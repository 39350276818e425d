import { eventData, SseSplitter } from './sse.ts';

/** Server-sent events to the elements of one JSON array: how Gemini streams to clients that do not ask for `alt=sse`. */
export interface JsonArrayForm {
  /** Events as an encoder or a provider gives them. A comment among them becomes white space. */
  data(bytes: Buffer): Buffer;
  /** Keeps idle proxies from cutting a silent stream, without a meaning inside an array. */
  keepAlive(): Buffer;
  /** One more element: an error, in an array that has begun. */
  element(value: object): Buffer;
  /** Ends the array, which is empty if nothing came; an event that was never ended is left out. */
  close(): Buffer;
}

const whiteSpace = Buffer.from('\n');

export function createJsonArrayForm(): JsonArrayForm {
  const splitter = new SseSplitter();
  let elements = 0;

  /** Brackets and commas as Google writes them. `json` is latin1, as the splitter's text. */
  const append = (json: string): string => {
    elements += 1;
    return `${elements === 1 ? '[' : '\n,\r\n'}${json}`;
  };
  const piece = (event: string): string => {
    const json = eventData(event)?.trim() ?? '';
    return json.startsWith('{') ? append(json) : '\n';
  };

  return {
    data(bytes) {
      const { text, ends } = splitter.push(bytes);
      const pieces = ends.map((end, index) => piece(text.slice(index === 0 ? 0 : ends[index - 1], end)));
      return Buffer.from(pieces.join(''), 'latin1');
    },
    keepAlive: () => whiteSpace,
    element: (value) => Buffer.from(append(JSON.stringify(value))),
    close: () => Buffer.from(elements === 0 ? '[]' : '\n]\n'),
  };
}
