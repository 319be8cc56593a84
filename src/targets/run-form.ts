import type { OperatorRule } from './target.js';

/** How a target runs one node. */
export interface RunForm {
  readonly runs: 'quantize' | 'pass' | 'float';
  /** Null: the target has none for it, or it is a part of the node before it. */
  readonly rule: OperatorRule | null;
  /** Inputs that are read through quantizers, or passed on, by index. */
  readonly inputs: readonly number[];
  /** It is computed with the integer operator that makes its first input. */
  readonly isFused: boolean;
  /** Of `float`: why; null where nothing is to be said. */
  readonly reason: string | null;
}

/** By first output of the node, of all nodes that compute with float numbers. */
export type RunForms = ReadonlyMap<string, RunForm>;
