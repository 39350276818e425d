import type { ResponseCustomToolCallItem, ResponseFunctionToolCallItem } from 'openai/resources/responses/responses';
import { encodeToolCallId } from '../../canonical/opaque.ts';
import type { BlockStart } from '../../canonical/response.ts';
import { readCustomArguments } from './custom-tools.ts';
import type { ItemEvent, ItemStatus, OpenItem, Place } from './open-item.ts';

export type CallStart = Extract<BlockStart, { kind: 'tool-call' }> & { readonly namespace?: string };

export class FunctionCallItem implements OpenItem {
  readonly item: ResponseFunctionToolCallItem;
  readonly #place: Place;

  constructor(place: Place, { id, name, namespace, state }: CallStart) {
    this.#place = place;
    this.item = {
      id: place.item_id,
      type: 'function_call',
      status: 'in_progress',
      arguments: '',
      call_id: encodeToolCallId(id, state),
      name,
      ...(namespace !== undefined && { namespace }),
    };
  }

  takes(): boolean {
    return false;
  }

  start(): readonly ItemEvent[] {
    return [];
  }

  delta(text: string): readonly ItemEvent[] {
    this.item.arguments += text;
    return [{ type: 'response.function_call_arguments.delta', ...this.#place, delta: text }];
  }

  stop(): readonly ItemEvent[] {
    const { arguments: written, name } = this.item;
    return [{ type: 'response.function_call_arguments.done', ...this.#place, arguments: written, name }];
  }

  close(status: ItemStatus): void {
    this.item.status = status;
  }
}

/** The text is inside the JSON of the arguments, so it is told as a whole. */
export class CustomCallItem implements OpenItem {
  readonly item: ResponseCustomToolCallItem;
  readonly #place: Place;
  #arguments = '';

  constructor(place: Place, { id, name, namespace, state }: CallStart) {
    this.#place = place;
    this.item = {
      id: place.item_id,
      type: 'custom_tool_call',
      status: 'in_progress',
      call_id: encodeToolCallId(id, state),
      input: '',
      name,
      ...(namespace !== undefined && { namespace }),
    };
  }

  takes(): boolean {
    return false;
  }

  start(): readonly ItemEvent[] {
    return [];
  }

  delta(text: string): readonly ItemEvent[] {
    this.#arguments += text;
    return [];
  }

  stop(): readonly ItemEvent[] {
    const input = readCustomArguments(this.#arguments);
    this.item.input = input;
    return [
      { type: 'response.custom_tool_call_input.delta', ...this.#place, delta: input },
      { type: 'response.custom_tool_call_input.done', ...this.#place, input },
    ];
  }

  close(status: ItemStatus): void {
    this.item.status = status;
  }
}
