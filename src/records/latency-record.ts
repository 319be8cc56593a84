/** What a comparison of speed says: whether the whole interval of the ratio is on one side of 1. */
export type LatencyVerdict = 'faster' | 'slower' | 'same';

/** What an operator of the runtime's graph does in a quantized model. */
export type OperatorKind = 'integer' | 'float' | 'conversion';

/** Time of one operator in one run, by the runtime's own profile. */
export interface OperatorTimeRecord {
  /** Name of the node in the runtime's graph. */
  readonly node: string;
  /** Name of the kernel, e.g. `QLinearConv`. */
  readonly op: string;
  readonly kind: OperatorKind;
  /** Median over the profiled runs, in microseconds. */
  readonly durationUs: number;
}

/** What was measured under. */
export interface LatencyConditions {
  /** Execution provider on this machine, e.g. `cpu`, or the name of the device command. */
  readonly device: string;
  readonly batchSize: number;
  /** Of one operator; 0: not known. */
  readonly threads: number;
}

/** The same by CPU time of all threads. */
export interface CpuLatency {
  /** Median of a run. */
  readonly fp32Ms: number;
  readonly quantizedMs: number;
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

/** One comparison of speed of an exported model with FP32, in turn, on one machine. */
export interface LatencyRecord extends LatencyConditions {
  readonly rounds: number;
  /** Median wall time of a run. */
  readonly fp32Ms: number;
  readonly quantizedMs: number;
  /** By CPU time, which other programs on the machine disturb less; null: not known. */
  readonly cpu: CpuLatency | null;
  /** Median of quantized / FP32 in each round, with its 95 % interval. */
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  /** Interquartile range of the ratios. */
  readonly spread: number;
  readonly verdict: LatencyVerdict;
  /** None where a command measured. */
  readonly operators: {
    readonly fp32: readonly OperatorTimeRecord[];
    readonly quantized: readonly OperatorTimeRecord[];
  };
}
