/**
 * Why work failed. `transient` work may be tried again (child killed, out of memory, device lost);
 * `permanent` work fails the same way each time (unsupported operator, non-finite numbers, gate not
 * passed).
 */
export interface FailureRecord {
  /** e.g. `NonFiniteError`, `GateError`, `WorkerDied`. */
  readonly errorClass: string;
  readonly message: string;
  /** True where another attempt may succeed: the child was lost, not the work wrong. */
  readonly retry: boolean;
  /** True where memory may have been short: the next attempt feeds fewer samples at once. */
  readonly smallerBatches?: boolean;
  /**
   * True where any other work would meet the same: the sweep ends with it, and no trial counts as
   * failed.
   */
  readonly endsSweep?: boolean;
  /** Id of the agent that was lost with the work; absent: none was. */
  readonly lostAgent?: string;
}
