import type {
  ResponseOutputMessage,
  ResponseOutputRefusal,
  ResponseOutputText,
} from 'openai/resources/responses/responses';
import type { Citation } from '../../canonical/request.ts';
import type { BlockStart, TokenLogprob } from '../../canonical/response.ts';
import { writeAnnotation } from './citations.ts';
import { writeLogprob } from './logprobs.ts';
import type { ItemEvent, ItemStatus, OpenItem, Place } from './open-item.ts';

/** Texts and refusals in a row: the parts of one message. */
export class MessageItem implements OpenItem {
  readonly item: ResponseOutputMessage;
  readonly #place: Place;
  #part: ResponseOutputText | ResponseOutputRefusal = { type: 'refusal', refusal: '' };
  #citations: Citation[] = [];

  constructor(place: Place) {
    this.#place = place;
    this.item = { id: place.item_id, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
  }

  takes({ kind }: BlockStart): boolean {
    return kind === 'text' || kind === 'refusal';
  }

  start({ kind }: BlockStart): readonly ItemEvent[] {
    this.#part =
      kind === 'refusal'
        ? { type: 'refusal', refusal: '' }
        : { type: 'output_text', text: '', annotations: [], logprobs: [] };
    this.#citations = [];
    this.item.content.push(this.#part);
    return [{ type: 'response.content_part.added', ...this.#at(), part: { ...this.#part } }];
  }

  delta(text: string): readonly ItemEvent[] {
    if (this.#part.type === 'refusal') {
      this.#part.refusal += text;
      return [{ type: 'response.refusal.delta', ...this.#at(), delta: text }];
    }
    this.#part.text += text;
    return [{ type: 'response.output_text.delta', ...this.#at(), delta: text, logprobs: [] }];
  }

  /** Waits for the end of the block: some providers cite a text before they say it. */
  cite(citation: Citation): void {
    this.#citations.push(citation);
  }

  logprobs(logprobs: readonly TokenLogprob[]): readonly ItemEvent[] {
    if (this.#part.type === 'refusal') return [];
    const written = logprobs.map(writeLogprob);
    this.#part.logprobs?.push(...written);
    return [{ type: 'response.output_text.delta', ...this.#at(), delta: '', logprobs: written }];
  }

  stop(): readonly ItemEvent[] {
    const at = this.#at();
    const part = this.#part;
    if (part.type === 'refusal') {
      return [
        { type: 'response.refusal.done', ...at, refusal: part.refusal },
        { type: 'response.content_part.done', ...at, part },
      ];
    }
    part.annotations.push(...this.#citations.map((citation) => writeAnnotation(citation, part.text)));
    const annotated = part.annotations.map((annotation, index): ItemEvent => ({
      type: 'response.output_text.annotation.added',
      ...at,
      annotation_index: index,
      annotation,
    }));
    return [
      ...annotated,
      { type: 'response.output_text.done', ...at, text: part.text, logprobs: part.logprobs ?? [] },
      { type: 'response.content_part.done', ...at, part },
    ];
  }

  close(status: ItemStatus): void {
    this.item.status = status;
  }

  #at(): Place & { readonly content_index: number } {
    return { ...this.#place, content_index: this.item.content.length - 1 };
  }
}
