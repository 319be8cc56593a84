/** An agent as it last told of itself, for people. */
export interface AgentRecord {
  readonly id: string;
  readonly host: string;
  /** What its owner wrote on it, e.g. `gpu=a100`; null: nothing. */
  readonly label: string | null;
  /** Execution provider that it offers. */
  readonly provider: string;
  readonly numericsClass: string;
  readonly gpu: string | null;
  /** Pieces of work that it runs at once. */
  readonly slots: number;
  /**
   * - `ready`: works, or waits for work
   * - `unfit`: gets no work of this sweep; `reason` says why
   * - `stopping`: takes no more and finishes what it has
   * - `lost`: has not been heard of for longer than a lease
   */
  readonly state: 'ready' | 'unfit' | 'stopping' | 'lost';
  readonly reason: string | null;
  readonly jobs: readonly AgentJobRecord[];
  /** The last failure of work or of its own; null: none. */
  readonly lastError: string | null;
  /** ISO 8601. */
  readonly seenAt: string;
}

export interface AgentJobRecord {
  readonly sweep: string;
  /** e.g. `trial static alpha=0.5` */
  readonly label: string;
  readonly device: string;
  /** ISO 8601. */
  readonly startedAt: string;
}
