import type { FinishReason } from './protocol.ts';

/** `undefined` while a candidate goes on. Gemini says `STOP` beside function calls too. https://ai.google.dev/api/generate-content#FinishReason */
export function readGeminiFinishReason(reason: unknown): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
    case '':
    case 'FINISH_REASON_UNSPECIFIED':
      return undefined;
    case 'STOP':
      return 'stop';
    case 'MAX_TOKENS':
      return 'length';
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
    case 'MODEL_ARMOR':
    case 'IMAGE_SAFETY':
    case 'IMAGE_PROHIBITED_CONTENT':
    case 'IMAGE_RECITATION':
      return 'content_filter';
    default:
      return 'other';
  }
}
