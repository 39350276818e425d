import { expect, test } from 'vitest';
import { completeResponse } from '../../../../lambdas/wire/canonical/complete-response.ts';
import type { CanonicalResponse } from '../../../../lambdas/wire/canonical/response.ts';

const seed = 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV';

test('a whole answer gets the ids, arguments and finish reason that it lacks', () => {
  const response: CanonicalResponse = {
    model: 'm',
    choices: [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: '' },
          { type: 'text', text: 'b' },
          { type: 'tool-call', id: '', name: 'f', arguments: ' ' },
          { type: 'tool-call', id: 'x', name: 'f', arguments: '{"y":1}' },
          { type: 'tool-call', id: 'x', name: 'f', arguments: '{}' },
        ],
        finishReason: 'stop',
      },
      { content: [{ type: 'refusal', text: 'No.' }], finishReason: 'stop' },
      { content: [{ type: 'text', text: '', state: { origin: 'gemini', value: 's' } }], finishReason: 'tool_calls' },
    ],
  };

  const completed = completeResponse(response, seed);

  expect(completed).toEqual({
    model: 'm',
    choices: [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'tool-call', id: 'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_0', name: 'f', arguments: '{}' },
          { type: 'tool-call', id: 'x', name: 'f', arguments: '{"y":1}' },
          { type: 'tool-call', id: 'call_01ARZ3NDEKTSV4RRFFQ69G5FAV_1', name: 'f', arguments: '{}' },
        ],
        finishReason: 'tool_calls',
      },
      { content: [{ type: 'refusal', text: 'No.' }], finishReason: 'refusal' },
      { content: [{ type: 'text', text: '', state: { origin: 'gemini', value: 's' } }], finishReason: 'stop' },
    ],
  });
});

test('an answer without choices gets an empty one', () => {
  const completed = completeResponse({ choices: [] }, seed);

  expect(completed.choices).toEqual([{ content: [], finishReason: 'other' }]);
});
