import { createAssembler } from '../../lambdas/wire/canonical/assemble.ts';
import type { UpstreamCodec } from '../../lambdas/wire/canonical/codec.ts';
import type { AssistantPart } from '../../lambdas/wire/canonical/request.ts';
import type { CanonicalEvent, CanonicalResponse } from '../../lambdas/wire/canonical/response.ts';
import { sseEvents } from './grammars/sse.ts';
import { requestId } from './pipeline.ts';

/** What a stream of server-sent events says, in canonical events. */
export function eventsOf(codec: UpstreamCodec, bytes: Buffer): CanonicalEvent[] {
  const decoder = codec.createStreamDecoder();
  const assembler = createAssembler(requestId);
  const events = sseEvents(bytes).flatMap((event) =>
    decoder.decode(event).flatMap((reading) => assembler.read(reading)),
  );
  return [...events, ...assembler.end()];
}

/** The whole answer that the events of one choice come to. */
export function collectResponse(events: readonly CanonicalEvent[]): CanonicalResponse {
  const content: AssistantPart[] = [];
  let text = '';
  let usage: CanonicalResponse['usage'];
  let finishReason: CanonicalResponse['choices'][number]['finishReason'] = 'other';
  const grow = (more: string): void => {
    text += more;
    const last = content.at(-1);
    if (last?.type === 'tool-call') content[content.length - 1] = { ...last, arguments: text };
    else if (last !== undefined && 'text' in last) content[content.length - 1] = { ...last, text };
  };
  for (const event of events) {
    if (event.type === 'block-start') {
      text = '';
      content.push(partOf(event.block));
    } else if (event.type === 'delta') grow(event.text);
    else if (event.type === 'state') {
      const last = content.at(-1);
      if (last?.type === 'reasoning' || last?.type === 'text') {
        content[content.length - 1] = { ...last, state: event.state };
      }
    } else if (event.type === 'finish') finishReason = event.reason;
    else if (event.type === 'end') ({ usage } = event);
  }
  return { choices: [{ content, finishReason }], ...(usage !== undefined && { usage }) };
}

function partOf(block: Extract<CanonicalEvent, { type: 'block-start' }>['block']): AssistantPart {
  switch (block.kind) {
    case 'tool-call': {
      const { id, name, state } = block;
      return { type: 'tool-call', id, name, arguments: '', ...(state !== undefined && { state }) };
    }
    case 'redacted-reasoning':
      return { type: 'redacted-reasoning', state: block.state };
    case 'image':
      return { type: 'image', source: { kind: 'base64', mediaType: block.mediaType, data: block.data } };
    default:
      return { type: block.kind, text: '' };
  }
}
