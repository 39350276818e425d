import type { StoreClient } from '../../store/client.ts';
import type { TableNames } from '../../store/tables.ts';

/** One data plane that policy is published to. */
export interface DataPlane {
  readonly region: string;
  /** Base URL for callers, where known. */
  readonly url?: string;
  /** Client of that region. */
  readonly store: StoreClient;
  readonly tables: Pick<TableNames, 'policy' | 'meter' | 'requests' | 'vault' | 'usage' | 'evidence'>;
}
