/**
 * How far the model that is deployed is from its simulation, by the runtime's own run of it here.
 */
export interface DeploymentRecord {
  /** What the session was made with, e.g. `default` or `session.x64quantprecision=1`. */
  readonly options: string;
  readonly onnxruntimeVersion: string;
  /** Samples whose outputs were compared value by value. */
  readonly samples: number;
  readonly values: number;
  /** Of these, values that are not the same bit for bit. */
  readonly differing: number;
  /** Largest difference, relative to the absmax of the output it is in. */
  readonly maxDifference: number;
  /** The primary metric of the deployed model over all evaluation samples; null: not measured. */
  readonly accuracy: { readonly metric: string; readonly value: number } | null;
  /** Samples that one of the two gets right and the other wrong; null: no such outcome. */
  readonly samplesDiffering: number | null;
  /** What the runtime makes of each operator of the deployed model. */
  readonly operators: readonly DeployedOperator[];
}

/** One operator of a deployed model as the runtime's optimizer left it. */
export interface DeployedOperator {
  /** First output in the base model. */
  readonly node: string;
  readonly op: string;
  readonly runs: 'integer' | 'float';
  /** Kernel that runs it, e.g. `QLinearConv`. */
  readonly kernel: string;
}
