import type { ActivationSchemeName } from '../calibrate/schemes/activation-schemes.js';
import type { WeightSchemeName } from '../calibrate/schemes/weight-schemes.js';

/** What carries the quantizers of one operator, as a target runs it in low precision. */
export interface OperatorRule {
  /**
   * - `quantize`: the operator computes on integers; its inputs are read through quantizers
   * - `pass`: integers pass through it as they are; input and output have one scale
   * - `float`: it computes in float, whatever surrounds it
   */
  readonly runs: 'quantize' | 'pass' | 'float';
  /**
   * Of `quantize`: `own` has a quantizer of its own on the output, `tied` one with the scale of the
   * inputs, `none` leaves the output to what reads it. Default: `own`.
   */
  readonly output?: 'own' | 'tied' | 'none';
  /** All inputs have one scale. Default: each its own. */
  readonly tiesInputs?: boolean;
  /** Range of the output that the target fixes. */
  readonly range?: { readonly low: number; readonly high: number };
  /** A condition on the node beyond its operator, by name; see `place-quantizers.ts`. */
  readonly when?: string;
}

/**
 * A runtime or chip that a quantized model is deployed on: where its quantizers are, and which
 * integers it computes with. Plain data, one file each.
 */
export interface Target {
  /** In one sentence, for the documentation and the JSON Schema. */
  readonly description: string;
  /** `run`: trials of it run on that very runtime; `rules`: it follows published rules only. */
  readonly evidence: 'run' | 'rules';
  /** Where its rules are from: documents and source files with their versions. */
  readonly sources: readonly string[];
  readonly activations: {
    readonly storage: 'uint8' | 'int8';
    /** Schemes that it can run, its default first. */
    readonly schemes: readonly [ActivationSchemeName, ...ActivationSchemeName[]];
    readonly bits: readonly number[];
  };
  readonly weights: {
    readonly schemes: readonly [WeightSchemeName, ...WeightSchemeName[]];
    readonly granularities: readonly ['channel' | 'tensor', ...('channel' | 'tensor')[]];
    /** The lowest level is left out. */
    readonly narrowRange: boolean;
    readonly bits: readonly number[];
  };
  /** `int32`: stored in steps of input scale times weight scale; `float`: as it is. */
  readonly bias: 'int32' | 'float';
  /** A convolution or Gemm without a bias gets one of zeros. Default: it has none. */
  readonly zeroBias?: boolean;
  readonly operators: Readonly<Record<string, OperatorRule>>;
  /** Activations that become a part of the operator before them, so that no quantizer lies between. */
  readonly fused: readonly string[];
  /** `identity`: an Add of a residual branch has a quantizer on that branch only. */
  readonly residual: 'both' | 'identity';
  /** Whose integer arithmetic the simulation follows; null: float arithmetic between quantizers. */
  readonly kernels: 'onnxruntime' | null;
  /** Products of uint8 and int8 are added in pairs that saturate at 16 bits (x86 without VNNI). */
  readonly saturates: boolean;
  /** How smoothing is written where it cannot be folded; null: the layer is left unsmoothed. */
  readonly smoothing: {
    readonly atInput: 'channelQuantize' | null;
    readonly elsewhere: 'depthwise' | null;
  };
}
