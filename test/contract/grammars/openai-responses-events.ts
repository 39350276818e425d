import { canonicalJson, count, demand, json, type Json, object, objects, string } from '../seen.ts';
import { sseEvents } from './sse.ts';

const terminal = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error']);

/** The last event, and the items as their deltas told them. */
export function readResponsesEvents(bytes: Buffer): { end: Json; streamed: readonly Json[] } {
  const events = sseEvents(bytes).map(({ name, data }, number) => {
    const event = json(data);
    demand(event['type'] === name, 'the type as the name of the event', name);
    // The gateway's own error has no place in the provider's count.
    demand(event['sequence_number'] === number || name === 'error', `the sequence number ${number}`, event);
    return event;
  });
  const [created, running, ...rest] = events;
  const end = rest.pop() ?? running;
  demand(created?.['type'] === 'response.created', 'response.created first', created);
  demand(running?.['type'] === 'response.in_progress', 'response.in_progress next', running);
  demand(end !== undefined && terminal.has(String(end['type'])), 'an event that ends it', end);
  for (const { response } of [created, running, end]) {
    if (response === undefined) continue;
    const { id, model } = object(response);
    demand(id === object(created['response'])['id'] && /\S/.test(string(id)), 'one id', id);
    demand(model === object(created['response'])['model'] && /\S/.test(string(model)), 'one model', model);
  }
  const items = new StreamedItems();
  for (const event of rest) items.read(event);
  if (end['type'] === 'response.completed' || end['type'] === 'response.incomplete') items.demandDone();
  return { end, streamed: items.items };
}

/** Follows the items: each is added, filled part by part, and done as its deltas said, one after the other. */
class StreamedItems {
  readonly items: Record<string, unknown>[] = [];
  #open: Record<string, unknown> | undefined;
  #part: { readonly index: number; readonly value: Record<string, unknown>; text: string } | undefined;
  #arguments = '';

  demandDone(): void {
    demand(this.#open === undefined, 'every item done', this.#open);
  }

  read(event: Json): void {
    const type = string(event['type']);
    if (type === 'response.output_item.added') return this.#add(event);
    const open = this.#open;
    demand(open !== undefined, 'an open item', event);
    demand(count(event['output_index']) === this.items.length - 1, 'the index of the open item', event);
    if (type === 'response.output_item.done') return this.#done(object(event['item']));
    demand(event['item_id'] === open['id'], 'the id of the open item', event);
    if (type.startsWith('response.function_call_arguments.')) return this.#readArguments(type, event);
    this.#readPart(type, event, open);
  }

  #add(event: Json): void {
    demand(this.#open === undefined, 'one open item', event);
    demand(count(event['output_index']) === this.items.length, 'indexes without gaps', event);
    const item = { ...object(event['item']) };
    demand(/\S/.test(string(item['id'])), 'an id', item);
    for (const name of ['content', 'summary']) {
      if (item[name] !== undefined) demand(objects(item[name]).length === 0, 'an empty item', item);
    }
    demand((item['arguments'] ?? '') === '', 'no arguments yet', item);
    this.#open = item;
    this.#arguments = '';
    this.items.push(item);
  }

  #done(item: Json): void {
    const open = this.#open ?? {};
    demand(this.#part === undefined, 'every part done', this.#part);
    demand(item['id'] === open['id'] && item['type'] === open['type'], 'the item that was added', item);
    if (item['type'] === 'function_call') {
      demand(item['arguments'] === this.#arguments, 'the arguments of the deltas', item);
      demand(item['call_id'] === open['call_id'] && item['name'] === open['name'], 'the call that was added', item);
    }
    for (const name of ['content', 'summary']) {
      const told = textsOf(open[name]);
      demand(canonicalJson(textsOf(item[name])) === canonicalJson(told), 'the parts of the deltas', item);
    }
    this.items[this.items.length - 1] = { ...item };
    this.#open = undefined;
  }

  #readArguments(type: string, event: Json): void {
    demand(this.#open?.['type'] === 'function_call', 'a function call', event);
    if (type.endsWith('.delta')) this.#arguments += string(event['delta']);
    else demand(event['arguments'] === this.#arguments, 'the arguments of the deltas', event);
  }

  #readPart(type: string, event: Json, open: Record<string, unknown>): void {
    const isSummary = type.startsWith('response.reasoning_summary_');
    const list = isSummary ? 'summary' : 'content';
    const index = count(event[isSummary ? 'summary_index' : 'content_index']);
    if (type.endsWith('_part.added')) {
      demand(this.#part === undefined && index === objects(open[list] ?? []).length, 'parts one by one', event);
      const value = { ...object(event['part']) };
      demand((value['text'] ?? value['refusal']) === '', 'an empty part', event);
      this.#part = { index, value, text: '' };
      open[list] = [...objects(open[list] ?? []), value];
      return;
    }
    const part = this.#part;
    demand(part?.index === index, 'an open part', event);
    const member = part.value['type'] === 'refusal' ? 'refusal' : 'text';
    if (type.endsWith('_part.done')) {
      const done = object(event['part'])[member];
      demand(done === part.text, 'the text of the deltas', event);
      this.#part = undefined;
    } else if (type.endsWith('.delta')) {
      part.text += string(event['delta']);
      part.value[member] = part.text;
    } else if (type.endsWith('.done')) demand(event[member] === part.text, 'the text of the deltas', event);
    else demand(type === 'response.output_text.annotation.added', 'a known event', event);
  }
}

function textsOf(parts: unknown): unknown[] {
  return objects(parts ?? []).map(({ type, text, refusal }) => ({ type, text, refusal }));
}
