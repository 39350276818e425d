import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import type { OpaqueState } from '../../canonical/opaque.ts';
import type { BlockStart, CanonicalEvent } from '../../canonical/response.ts';
import { CustomCallItem, FunctionCallItem } from './call-item.ts';
import type { DeclaredTool } from './declared-tools.ts';
import { ImageItem } from './image-item.ts';
import { MessageItem } from './message-item.ts';
import type { ItemEvent, ItemStatus, OpenItem, Place } from './open-item.ts';
import { ReasoningItem } from './reasoning-item.ts';

/** What is said inside a block. */
export type BlockEvent = Extract<
  CanonicalEvent,
  { type: 'block-start' | 'delta' | 'citation' | 'logprobs' | 'state' | 'block-stop' }
>;

interface OutputSettings {
  /** The request's id without its prefix: ids of items derive from it. */
  readonly seed: string;
  readonly tools: ReadonlyMap<string, DeclaredTool>;
}

/**
 * Makes the items of one answer out of its blocks: of a streamed answer, whose events it gives, and of a whole one. An item ends
 * when the next begins or the answer does, since only then it is known whether it is complete.
 */
export class OutputItems {
  readonly items: ResponseOutputItem[] = [];
  readonly #settings: OutputSettings;
  #open: OpenItem | undefined;
  /** Of a text, for which a message has no place. */
  #signature: OpaqueState | undefined;

  constructor(settings: OutputSettings) {
    this.#settings = settings;
  }

  write(event: BlockEvent): readonly ItemEvent[] {
    switch (event.type) {
      case 'block-start':
        return this.#start(event.block);
      case 'delta':
        return this.#open?.delta(event.text) ?? [];
      case 'citation':
        this.#open?.cite?.(event.citation);
        return [];
      case 'logprobs':
        return this.#open?.logprobs?.(event.logprobs) ?? [];
      case 'state':
        if (this.#open?.sign === undefined) this.#signature = event.state;
        else this.#open.sign(event.state);
        return [];
      case 'block-stop':
        return this.#stop();
    }
  }

  close(status: ItemStatus): readonly ItemEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    open.close(status);
    this.#open = undefined;
    const { item } = open;
    return [{ type: 'response.output_item.done', output_index: this.items.length - 1, item }];
  }

  #start(block: BlockStart): readonly ItemEvent[] {
    if (this.#open?.takes(block) === true) return this.#open.start(block);
    const closed = this.close('completed');
    const open = this.#create(block);
    this.#open = open;
    this.items.push(open.item);
    const added: ItemEvent = {
      type: 'response.output_item.added',
      output_index: this.items.length - 1,
      item: asAnnounced(open.item),
    };
    return [...closed, added, ...open.start(block)];
  }

  /** The signature of a text comes in an item of its own behind it, where `decodeInput` finds it. */
  #stop(): readonly ItemEvent[] {
    const stopped = this.#open?.stop() ?? [];
    if (this.#signature === undefined) return stopped;
    const block = { kind: 'redacted-reasoning', state: this.#signature } as const;
    this.#signature = undefined;
    return [...stopped, ...this.#start(block)];
  }

  #create(block: BlockStart): OpenItem {
    switch (block.kind) {
      case 'text':
      case 'refusal':
        return new MessageItem(this.#place('msg'));
      case 'reasoning':
      case 'redacted-reasoning':
        return new ReasoningItem(this.#place('rs'));
      case 'tool-call': {
        const { isCustom = false, ...called } = this.#settings.tools.get(block.name) ?? {};
        const call = { ...block, ...called };
        return isCustom ? new CustomCallItem(this.#place('ctc'), call) : new FunctionCallItem(this.#place('fc'), call);
      }
      case 'image':
        return new ImageItem(this.#place('ig'), block);
    }
  }

  #place(kind: string): Place {
    const index = this.items.length;
    return { output_index: index, item_id: `${kind}_${this.#settings.seed}_${index}` };
  }
}

/** A copy: what is added to the item later must not show, since clients add it themselves. */
function asAnnounced(item: ResponseOutputItem): ResponseOutputItem {
  if (item.type === 'message') return { ...item, content: [] };
  return item.type === 'image_generation_call' ? { ...item, result: null } : { ...item };
}
