import { isWireError } from '../../lambdas/wire/wire-error.ts';
import {
  type CaseName,
  caseNames,
  type ClientProtocol,
  clientProtocols,
  type Pair,
  upstreamProtocols,
} from './cases.ts';
import { demandAnswer, demandRequest, demandStream } from './demands.ts';
import { requestFixture, responseFixture, streamFixture } from './fixtures.ts';
import {
  passRequest,
  passThroughReader,
  readFacts,
  readStream,
  targetOf,
  translationOf,
  withStream,
} from './pipeline.ts';
import { readers } from './readers.ts';
import { demand, json } from './seen.ts';

export type Verdict =
  /** All that the case says arrived at the provider, and its answer at the client. */
  | { readonly kind: 'pass' }
  /** The request is refused by name: code, path and reason are the client's to read. */
  | { readonly kind: 'refused'; readonly path: string; readonly message: string }
  | { readonly kind: 'fail'; readonly problem: string };

export interface Cell extends Pair {
  readonly name: CaseName;
  readonly streamed: boolean;
  readonly verdict: Verdict;
}

export const pairs: readonly Pair[] = clientProtocols.flatMap((client) =>
  upstreamProtocols.map((upstream) => ({ client, upstream })),
);

/** Every client protocol with every provider's, every case, streamed and not. */
export function judgeAll(): Cell[] {
  return pairs.flatMap((pair) =>
    caseNames.flatMap((name) =>
      [false, true].map((streamed) => ({ ...pair, name, streamed, verdict: judge(pair, name, streamed) })),
    ),
  );
}

function judge(pair: Pair, name: CaseName, streamed: boolean): Verdict {
  try {
    if (pair.client === pair.upstream) demandSameBytes(pair.client, name, streamed);
    else translate(pair, name, streamed);
    return { kind: 'pass' };
  } catch (error) {
    if (isWireError(error) && error.code === 'parameter_not_supported' && error.param !== undefined) {
      return { kind: 'refused', path: error.param, message: error.message };
    }
    return { kind: 'fail', problem: String(error) };
  }
}

function translate({ client, upstream }: Pair, name: CaseName, streamed: boolean): void {
  const fields = withStream(client, requestFixture(client, name), streamed);
  const target = targetOf(upstream, readFacts(client, fields, streamed).maxOutputTokens);
  const translation = translationOf(client, fields, { streamed });
  const { value, dropped } = translation.encode(target);
  demand(dropped.length === 0, 'nothing left out', dropped);
  demandRequest(upstream, name, streamed, json(JSON.stringify(value)));
  const answer = translation.answer(target);
  if (streamed) {
    const stream = readStream(client, answer.createReader(), [streamFixture(upstream, name)]);
    return demandStream({ client, upstream }, name, stream);
  }
  const whole = answer.readWhole(responseFixture(upstream, name));
  if (name === 'error') return demand(whole === undefined, 'no answer to be made of an error', whole);
  demand(whole !== undefined, 'an answer');
  demandAnswer({ client, upstream }, name, readers[client].answer(json(whole.body.toString('utf8'))), whole.facts);
}

/** The client's own protocol: no byte changes. */
function demandSameBytes(client: ClientProtocol, name: CaseName, streamed: boolean): void {
  const request = Buffer.from(JSON.stringify(withStream(client, requestFixture(client, name), streamed)));
  demand(passRequest(client, request, streamed).equals(request), 'the same request');
  if (!streamed) return;
  const bytes = streamFixture(client, name);
  const { bytes: passed, ending } = readStream(client, passThroughReader(client), [bytes]);
  if (name === 'error') demand(ending.kind === 'error', 'the error', ending);
  else demand(passed.equals(bytes), 'the same stream', passed.toString('utf8'));
}
