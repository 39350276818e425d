import type { CanonicalRequest, MediaSource, Message } from '../canonical/request.ts';
import type { InputSize } from '../input-size.ts';

/**
 * How much input a translated conversation is. Its text can be longer than the client's: definitions of a schema are copied to
 * where they are referred to, bounds are put in words. Its attachments are counted one by one, however small they are and
 * wherever the client's protocol had them.
 */
export function measureConversation(request: CanonicalRequest, body: object): InputSize {
  const sources = request.messages.flatMap(mediaOf);
  const attached = sources.flatMap((source) => (source.kind === 'base64' ? [source.data.length] : []));
  const attachmentBytes = attached.reduce((sum, length) => sum + length, 0);
  return {
    // Of a document that the target takes as text alone, less than its data is in the body.
    textBytes: Math.max(0, Buffer.byteLength(JSON.stringify(body)) - attachmentBytes),
    attachments: attached.length,
    attachmentBytes,
    hasReferences: sources.length > attached.length,
    hasInstructions: request.tools.length > 0 || request.outputFormat !== undefined,
  };
}

function mediaOf({ content }: Message): readonly MediaSource[] {
  return content.flatMap((part): readonly MediaSource[] => {
    if (part.type === 'tool-result') return mediaOf({ role: 'user', content: part.content });
    return 'source' in part && part.source.kind !== 'text' ? [part.source] : [];
  });
}
