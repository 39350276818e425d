/** dynalite ships no types. Only what `dynamodb.ts` uses, as of the pinned version. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** LevelDB folder; in memory without one. */
    path?: string | undefined;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }

  /** An HTTP server that is not listening yet; its `close` also closes the database. */
  export default function dynalite(options: DynaliteOptions): Server;
}

declare module 'dynalite/db/index.js' {
  import type { DynaliteOptions } from 'dynalite';

  export interface Iterator {
    close(): Promise<void>;
    return?(): Promise<void>;
  }

  export interface Database {
    open(): Promise<void>;
    close(): Promise<void>;
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
    del(key: string): Promise<void>;
    values(options: object): Iterator;
  }

  export interface Store {
    readonly db: Database;
  }

  const database: { create(options: DynaliteOptions): Store };
  export default database;
}
