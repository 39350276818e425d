import type { AnswerContext, StreamEncoder } from '../../canonical/codec.ts';
import { type OpaqueState, writeProof, writeState } from '../../canonical/opaque.ts';
import type { BlockStart, CanonicalEvent } from '../../canonical/response.ts';
import type { FinishReason } from '../../protocol.ts';
import { writeCitation } from './citations.ts';
import { messageId, toolUse } from './encode-response.ts';
import { writeStop } from './finish-reason.ts';
import { writeImage } from './image-text.ts';
import { writeUsage } from './usage.ts';

/**
 * Blocks are numbered here and not taken over, since the state of a text becomes a block of its own. How a message ended is said
 * with the usage in one event, just before the last.
 */
export function createStreamEncoder(context: AnswerContext): StreamEncoder {
  let index = -1;
  let open: BlockStart['kind'] = 'text';
  let textState: OpaqueState | undefined;
  let unsigned = false;
  let finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | undefined;

  const startBlock = (block: object): string => {
    index += 1;
    return write('content_block_start', { index, content_block: block });
  };
  const stopBlock = (): string => write('content_block_stop', { index });
  const delta = (type: string, content: object): string =>
    write('content_block_delta', { index, delta: { type, ...content } });

  const sign = (state: OpaqueState | undefined): string => {
    unsigned = false;
    return delta('signature_delta', { signature: writeProof(state, 'anthropic') });
  };

  /** Before a further block and not behind the last one, as in whole answers. */
  const proveText = (): string => {
    if (textState === undefined) return '';
    // Not in the start of its block: there clients look for no signature.
    const proof = startBlock(writeBlockStart({ kind: 'reasoning' })) + sign(textState) + stopBlock();
    textState = undefined;
    return proof;
  };

  const startContent = (block: BlockStart): string => {
    unsigned = block.kind === 'reasoning';
    return startBlock(writeBlockStart(block)) + (block.kind === 'image' ? imageDelta(block) : '');
  };

  const imageDelta = ({ mediaType, data }: Extract<BlockStart, { kind: 'image' }>): string =>
    delta('text_delta', { text: writeImage({ source: { kind: 'base64', mediaType, data } }) });

  const encodeContent = (event: ContentEvent): string => {
    switch (event.type) {
      case 'block-start':
        open = event.block.kind;
        return proveText() + startContent(event.block);
      case 'delta':
        if (open === 'tool-call') return delta('input_json_delta', { partial_json: event.text });
        if (open === 'reasoning') return delta('thinking_delta', { thinking: event.text });
        return delta('text_delta', { text: event.text });
      case 'citation':
        return delta('citations_delta', { citation: writeCitation(event.citation) });
      case 'state':
        if (open === 'reasoning') return sign(event.state);
        textState = event.state;
        return '';
      case 'block-stop':
        return (unsigned ? sign(undefined) : '') + stopBlock();
      case 'logprobs':
        return '';
    }
  };

  const encode = (event: CanonicalEvent): string => {
    switch (event.type) {
      case 'start':
        return write('message_start', { message: writeStart(event, context) });
      case 'finish':
        if (event.choice === 0) finish = event;
        return '';
      case 'end':
        return (
          write('message_delta', {
            delta: writeStop(finish?.reason ?? 'other', finish?.stopSequence),
            usage: writeUsage(event.usage),
          }) + write('message_stop', {})
        );
      default:
        return event.choice === 0 ? encodeContent(event) : '';
    }
  };
  return { encode };
}

type ContentEvent = Exclude<CanonicalEvent, { type: 'start' | 'finish' | 'end' }>;

function write(type: string, content: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...content })}\n\n`;
}

function writeStart({ model, usage }: Extract<CanonicalEvent, { type: 'start' }>, context: AnswerContext): object {
  return {
    id: messageId(context.requestId),
    type: 'message',
    role: 'assistant',
    model: model ?? context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: writeUsage(usage),
  };
}

function writeBlockStart(block: BlockStart): object {
  switch (block.kind) {
    case 'text':
    case 'refusal':
    case 'image':
      return { type: 'text', text: '' };
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'redacted-reasoning':
      return { type: 'redacted_thinking', data: writeState(block.state, 'anthropic') };
    case 'tool-call':
      return toolUse(block.id, block.name, { state: block.state, input: {} });
  }
}
