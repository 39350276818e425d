import { invalid } from '../../json-fields.ts';

interface Call {
  readonly id: string;
  readonly name: string;
  answered: boolean;
}

/** Calls in order, those before `next` answered. */
interface Queue {
  readonly calls: Call[];
  next: number;
}

/**
 * The calls of a conversation and which of them a response answers: the one with its id or, since ids are optional in this
 * protocol, the oldest one of its name that has no response yet.
 */
export class FunctionCalls {
  #count = 0;
  readonly #byId = new Map<string, Queue>();
  readonly #byName = new Map<string, Queue>();

  /** The call's id, made of its number where it has none. */
  add(given: string, name: string): string {
    const id = given === '' ? `call_${this.#count}` : given;
    const call = { id, name, answered: false };
    this.#count += 1;
    append(this.#byId, id, call);
    append(this.#byName, name, call);
    return id;
  }

  /** @throws WireError naming the path where no call fits. */
  answer(id: string, name: string, path: string): Call {
    const queue = id === '' ? this.#byName.get(name) : this.#byId.get(id);
    while (queue?.calls[queue.next]?.answered === true) queue.next += 1;
    // A response that comes in several parts repeats its id.
    const call = queue?.calls[queue.next] ?? (id === '' ? undefined : queue?.calls.at(-1));
    if (call === undefined) throw invalid(path, 'must answer a function call earlier in the conversation');
    call.answered = true;
    return call;
  }
}

function append(queues: Map<string, Queue>, key: string, call: Call): void {
  const known = queues.get(key);
  if (known === undefined) queues.set(key, { calls: [call], next: 0 });
  else known.calls.push(call);
}
