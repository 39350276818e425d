import { setTimeout as wait } from 'node:timers/promises';
import type { RequestFilters } from './commands/requests.ts';
import { requestLine, type RequestRecord, requestTitles } from './request-view.ts';
import type { Session } from './session.ts';
import { styleFor } from './terminal.ts';

const pollMs = 2000;
/** A request is listed by when it began and recorded when it ends: this is as long as one is waited for. */
const windowMs = 15 * 60_000;
/** Every so many polls the whole window is read; in between, only as far back as there is something new. */
const wholeWindowEvery = 15;
/** How many are shown to begin with. */
const firstShown = 20;

/** Prints requests as they are recorded, oldest first, until Ctrl-C. */
export async function followRequests(session: Session, organization: string, filters: RequestFilters): Promise<void> {
  const stop = new AbortController();
  session.terminal.onInterrupt(() => stop.abort());
  const { print, terminal } = session;
  if (print.form === 'human') print.line(requestTitles(styleFor(terminal.output, terminal.environment)('bold')));
  const seen = new Map<string, string>();
  try {
    for (let polls = 0; ; polls += 1) {
      const from = new Date(Date.now() - windowMs).toISOString();
      const pages = session.client.pages('listRequests', {
        parameters: { organization },
        query: { ...filters, from },
        signal: stop.signal,
      });
      const unseen = await takeUnseen(pages, seen, polls % wholeWindowEvery === 0);
      const shown = polls === 0 ? unseen.slice(0, firstShown) : unseen;
      for (const record of shown.toReversed()) write(session, record);
      forgetBefore(seen, from);
      await wait(pollMs, undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

/** Newest first, as the pages are. Afterwards they are seen. */
async function takeUnseen(
  pages: AsyncIterable<readonly RequestRecord[]>,
  seen: Map<string, string>,
  wholeWindow: boolean,
): Promise<RequestRecord[]> {
  const unseen: RequestRecord[] = [];
  for await (const page of pages) {
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const record of fresh) seen.set(record.id, record.createdAt);
    unseen.push(...fresh);
    if (fresh.length === 0 && !wholeWindow) break;
  }
  return unseen;
}

/** What left the window is not listed any more and need not be remembered. */
function forgetBefore(seen: Map<string, string>, from: string): void {
  for (const [id, createdAt] of seen) if (createdAt < from) seen.delete(id);
}

function write({ print }: Session, record: RequestRecord): void {
  if (print.form === 'json') print.line(JSON.stringify(record));
  else print.line(print.form === 'ids' ? record.id : requestLine(record));
}
