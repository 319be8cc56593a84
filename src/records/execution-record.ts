/** What ran a piece of work, as the runtime itself reported it. */
export interface ExecutionRecord {
  /** e.g. `CPUExecutionProvider`; several joined by `+`; empty where no model was run. */
  readonly provider: string;
  /**
   * Execution provider -> operator -> nodes that it ran in one run of the graph; absent where
   * nothing was profiled.
   */
  readonly kernels?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Phase -> milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
  /** Nodes that ran as integer kernels, by operator; only of trials of integer execution. */
  readonly integerKernels?: Readonly<Record<string, number>>;
}
