import { demand } from '../seen.ts';

export interface SseEvent {
  readonly name: string | undefined;
  readonly data: string;
}

/** Every event of a whole stream. Strict: nothing but `event`, `data` and comments, and a blank line behind the last event too. */
export function sseEvents(bytes: Buffer): readonly SseEvent[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  demand(text === '' || text.endsWith('\n\n'), 'a blank line behind the last event', text.slice(-80));
  const events: SseEvent[] = [];
  for (const block of text.split('\n\n').slice(0, -1)) {
    const lines = block.split('\n').filter((line) => !line.startsWith(':'));
    const fields = lines.map((line) => /^(event|data): ?(.*)$/s.exec(line) ?? demandField(line));
    const data = fields.flatMap(([, field, value]) => (field === 'data' ? [value] : [])).join('\n');
    const name = fields.findLast(([, field]) => field === 'event')?.[2];
    if (fields.length > 0) events.push({ name, data });
  }
  return events;
}

function demandField(line: string): never {
  demand(false, 'an event or data field', line);
}
