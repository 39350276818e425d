import { type Exchange, sendJson } from './exchange.ts';
import { simulatedModels } from './models.ts';

/** The same for ever, so that the list can be compared. */
const createdAt = new Date('2026-01-01T00:00:00Z');

/** `GET /v1/models`, in Anthropic's shape for Anthropic's clients and in OpenAI's for all others. */
export function listModels({ headers, response }: Exchange): void {
  sendJson(response, 200, headers['anthropic-version'] === undefined ? buildOpenAIList() : buildAnthropicList());
}

function buildOpenAIList(): object {
  const created = createdAt.getTime() / 1000;
  const data = simulatedModels.map(({ id }) => ({ id, object: 'model', created, owned_by: 'gatehouse' }));
  return { object: 'list', data };
}

function buildAnthropicList(): object {
  const created_at = createdAt.toISOString();
  const data = simulatedModels.map(({ id }) => ({ type: 'model', id, display_name: id, created_at }));
  return { data, first_id: data[0]?.id, last_id: data.at(-1)?.id, has_more: false };
}
