import type { AdminClient } from '../../cli/admin-client.ts';

/** A deployment as its outputs describe it, and what a run has made in it. */
export interface Deployment {
  /** Base URL for callers, without a trailing slash. */
  readonly proxyUrl: string;
  /** Of the data plane that is checked. */
  readonly region: string;
  readonly admin: AdminClient;
  /** A workspace made for this run, in an organization that is deleted at its end. */
  readonly workspace: string;
  /** Model that may be called, at a cost of cents; `undefined`: checks that call one cannot run. */
  readonly model: string | undefined;
  /** Outputs of the control plane and of the data plane that is checked. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly dataPlaneStack: string;
  readonly stacks: readonly DeployedStack[];
  /** Makes a key and answers its secret. */
  createKey(settings?: KeySettings): Promise<{ id: string; secret: string }>;
  /**
   * Runs a command of the AWS command line tool, `kms list-keys` for instance, and parses its JSON. Options stand apart from it, and
   * each is one word with its value: what an output or an answer says can become neither another option nor another command. It
   * looks in `region` where the options name none.
   */
  aws(command: string, options?: Readonly<Record<string, string>>): Promise<unknown>;
}

export interface DeployedStack {
  readonly name: string;
  readonly region: string;
}

export interface KeySettings {
  readonly cidrs?: string[];
  readonly requestsPerMinute?: number;
}

/** What was found out, in one line that may be pasted anywhere: figures and names, no content. */
export interface Finding {
  readonly passed: boolean;
  readonly seen: string;
}

/** One claim about a deployment. `docs/verify-on-aws.md` has a row for each. */
export interface Check {
  readonly id: string;
  readonly claim: string;
  /** What it cannot do without: a model that may be called, or the AWS command line tool with rights to look. */
  readonly needs: readonly ('model' | 'aws')[];
  verify(deployment: Deployment): Promise<Finding>;
}
