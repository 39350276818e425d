import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import type { BlockStart } from '../../canonical/response.ts';
import type { ItemEvent, ItemStatus, OpenItem, Place } from './open-item.ts';

type GeneratedImage = ResponseOutputItem.ImageGenerationCall & {
  /** OpenAI tells it too, though its types do not. */
  readonly output_format: string;
};

/** An image that the model made, as if a tool of OpenAI had. */
export class ImageItem implements OpenItem {
  readonly item: GeneratedImage;

  constructor(place: Place, { mediaType, data }: Extract<BlockStart, { kind: 'image' }>) {
    const format = mediaType.replace(/^image\//, '');
    this.item = {
      id: place.item_id,
      type: 'image_generation_call',
      status: 'in_progress',
      result: data,
      output_format: format,
    };
  }

  takes(): boolean {
    return false;
  }

  start(): readonly ItemEvent[] {
    return [];
  }

  delta(): readonly ItemEvent[] {
    return [];
  }

  stop(): readonly ItemEvent[] {
    return [];
  }

  close(status: ItemStatus): void {
    this.item.status = status === 'completed' ? status : 'failed';
  }
}
