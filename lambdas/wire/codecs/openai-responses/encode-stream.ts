import type { Response } from 'openai/resources/responses/responses';
import type { TokenUsage } from '../../../metering/token-usage.ts';
import type { AnswerContext, StreamEncoder } from '../../canonical/codec.ts';
import { declaredTools } from './declared-tools.ts';
import type { ItemEvent } from './open-item.ts';
import { OutputItems } from './output-items.ts';
import { inProgress, type Outcome, outcomeOf, seedOf, writeResponse } from './response-object.ts';

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function createStreamEncoder(context: AnswerContext): StreamEncoder {
  const output = new OutputItems({ seed: seedOf(context), tools: declaredTools(context.request['tools']) });
  let sequence = 0;
  let model: string | undefined;
  let outcome: Outcome = inProgress;

  const write = (events: readonly ItemEvent[]): string => {
    let text = '';
    for (const event of events) {
      const { type } = event;
      const numbered = Object.assign({ type, sequence_number: sequence }, event);
      text += `event: ${type}\ndata: ${JSON.stringify(numbered)}\n\n`;
      sequence += 1;
    }
    return text;
  };
  /** The type has a member that is not on the wire. */
  const response = (usage: TokenUsage | undefined): Response =>
    writeResponse({ ...outcome, model, output: output.items, usage }, context) as Response;

  return {
    encode(event) {
      // A response is one answer: nobody who speaks this protocol can ask for several.
      if ('choice' in event && event.choice !== 0) return '';
      switch (event.type) {
        case 'start': {
          ({ model } = event);
          const begun = response(undefined);
          return write([
            { type: 'response.created', response: begun },
            { type: 'response.in_progress', response: begun },
          ]);
        }
        case 'finish':
          outcome = outcomeOf(event.reason, output.items);
          return write(output.close(outcome.status === 'incomplete' ? 'incomplete' : 'completed'));
        case 'end': {
          const type = outcome.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
          return write([{ type, response: response(event.usage) }]);
        }
        default:
          return write(output.write(event));
      }
    },
  };
}
