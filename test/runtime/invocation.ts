import type { IncomingMessage } from 'node:http';

/**
 * One piece of the answer as the platform read it. A busy reader finds in one read what was written in several, so which pieces
 * travelled together is in `LambdaHost.writesOf`.
 */
interface InvocationChunk {
  /** Milliseconds since the invocation was handed to the function. */
  readonly at: number;
  readonly bytes: number;
}

/** What was seen of one invocation; it goes on changing until `finishedAt` is set. */
export interface Invocation {
  readonly requestId: string;
  /** A process was started for it. */
  coldStart: boolean;
  readonly chunks: InvocationChunk[];
  /** Milliseconds since the invocation was handed to the function. */
  finishedAt?: number;
  /** Set when the function threw, exited, or ran out of time. */
  errorType?: string;
}

/** One event for the function. At most one of the two callbacks is called, once. */
export interface Task {
  readonly invocation: Invocation;
  readonly event: unknown;
  /** The runtime has begun to post its answer. */
  onResponse(post: IncomingMessage): void;
  /** The function ended without an answer. */
  onFailure(error: InvocationError): void;
}

/** An initialization error, a crash, a thrown error or a timeout; `type` is the platform's or the runtime's own word for it. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}
