import type { ResponseReasoningItem } from 'openai/resources/responses/responses';
import { type OpaqueState, writeProof, writeState } from '../../canonical/opaque.ts';
import type { BlockStart } from '../../canonical/response.ts';
import type { ItemEvent, ItemStatus, OpenItem, Place } from './open-item.ts';

/**
 * What a model thought: its text as the summary, which clients show and send back, and the vendor's proof as the encrypted
 * content, marked with its origin. `readReasoning` is the way back.
 */
export class ReasoningItem implements OpenItem {
  readonly item: ResponseReasoningItem;
  readonly #place: Place;
  #text = '';

  constructor(place: Place) {
    this.#place = place;
    this.item = { id: place.item_id, type: 'reasoning', summary: [] };
  }

  takes(): boolean {
    return false;
  }

  start(block: BlockStart): readonly ItemEvent[] {
    if (block.kind === 'redacted-reasoning') {
      this.sign(block.state);
      return [];
    }
    this.item.summary = [{ type: 'summary_text', text: '' }];
    return [{ type: 'response.reasoning_summary_part.added', ...this.#at(), part: { type: 'summary_text', text: '' } }];
  }

  delta(text: string): readonly ItemEvent[] {
    this.#text += text;
    return [{ type: 'response.reasoning_summary_text.delta', ...this.#at(), delta: text }];
  }

  sign(state: OpaqueState): void {
    this.item.encrypted_content = writeState(state, 'openai');
  }

  stop(): readonly ItemEvent[] {
    if (this.item.summary.length === 0) return [];
    const part = { type: 'summary_text', text: this.#text } as const;
    this.item.summary = [part];
    return [
      { type: 'response.reasoning_summary_text.done', ...this.#at(), text: this.#text },
      { type: 'response.reasoning_summary_part.done', ...this.#at(), part },
    ];
  }

  close(status: ItemStatus): void {
    this.item.status = status;
    this.item.encrypted_content ??= writeProof(undefined, 'openai');
  }

  #at(): Place & { readonly summary_index: number } {
    return { ...this.#place, summary_index: 0 };
  }
}
