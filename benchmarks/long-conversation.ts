/** A chat request of 20 messages with eight tools, two of them called; other protocols' clients get theirs by translation. */
export function longConversation(model: string): Record<string, unknown> {
  const turns = Array.from({ length: 5 }, (_, turn) => exchange(turn)).flat();
  return {
    model,
    messages: [
      { role: 'system', content: 'You are a support assistant. Look parcels up before you answer.' },
      ...turns.slice(0, -1),
    ],
    tools: Array.from({ length: 8 }, (_, index) => tool(index)),
    tool_choice: 'auto',
    temperature: 0.2,
    max_tokens: 4_000,
  };
}

/** Question, call, result, answer. */
function exchange(turn: number): object[] {
  const id = `call_DdmO9pD3xa9XTPNJ32zg2h${turn}A`;
  const call = {
    id,
    type: 'function',
    function: { name: `look_up_${turn}`, arguments: '{"number":"1234","deep":true}' },
  };
  return [
    { role: 'user', content: 'My parcel was due on Tuesday and has not arrived in Zürich. '.repeat(6) },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: '{"status":"in transit","stops":["Basel","Bern"]}'.repeat(4) },
    { role: 'assistant', content: 'It left Bern this morning and should arrive tomorrow. '.repeat(4) },
  ];
}

function tool(index: number): object {
  const parameters = {
    type: 'object',
    properties: {
      number: { type: 'string', description: 'The number of the parcel, as it is on its label' },
      deep: { type: 'boolean' },
      carriers: { type: 'array', items: { type: 'string', enum: ['post', 'rail', 'air'] } },
    },
    required: ['number'],
  };
  return {
    type: 'function',
    function: { name: `look_up_${index}`, description: 'Looks a parcel up. '.repeat(8), parameters },
  };
}
