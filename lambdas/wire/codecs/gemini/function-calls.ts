import { invalid } from '../../json-fields.ts';

interface Call {
  readonly id: string;
  readonly name: string;
  answered: boolean;
}

/**
 * The calls of a conversation and which of them a response answers: the one with its id or, since ids are optional in this
 * protocol, the oldest one of its name that has no response yet.
 */
export class FunctionCalls {
  readonly #calls: Call[] = [];

  /** The call's id, made of its number where it has none. */
  add(given: string, name: string): string {
    const id = given === '' ? `call_${this.#calls.length}` : given;
    this.#calls.push({ id, name, answered: false });
    return id;
  }

  /** @throws WireError naming the path where no call fits. */
  answer(id: string, name: string, path: string): Call {
    const open = this.#calls.find((call) => !call.answered && (id === '' ? call.name === name : call.id === id));
    // A response that comes in several parts repeats its id.
    const call = open ?? (id === '' ? undefined : this.#calls.findLast((known) => known.id === id));
    if (call === undefined) throw invalid(path, 'must answer a function call earlier in the conversation');
    call.answered = true;
    return call;
  }
}
