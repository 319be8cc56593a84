import type { ActivationSchemeName } from '../calibrate/schemes/activation-schemes.js';
import type { WeightSchemeName } from '../calibrate/schemes/weight-schemes.js';
import type { ConditionName } from './conditions.js';

export interface FixedRange {
  readonly low: number;
  readonly high: number;
}

/** What carries the quantizers of one operator, as a target runs it in low precision. */
export interface OperatorRule {
  /**
   * - `quantize`: the operator computes on integers; its inputs are read through quantizers
   * - `pass`: integers pass through it as they are; its inputs and outputs have one scale
   * - `float`: it computes in float, whatever surrounds it
   */
  readonly runs: 'quantize' | 'pass' | 'float';
  /**
   * What is quantized of the output; default: `own`, of `float` none.
   *
   * - `own`: it has a quantizer of its own
   * - `unlessLast`: the same, but none where no integer operator comes behind
   * - `tied`: one with the scale of the inputs, whose range holds the output's
   * - `none`: what reads it decides
   */
  readonly output?: 'own' | 'unlessLast' | 'tied' | 'none';
  /**
   * What must be around it, else it stays in float: integers gain nothing between operators in
   * float.
   *
   * - `reader`: an integer operator that reads its result
   * - `both`: the same, and one of its inputs is the model's or made by an integer operator
   */
  readonly needs?: 'reader' | 'both';
  /** Range of the output that the target fixes. */
  readonly range?: FixedRange;
  /** Conditions on the node beyond its operator. All must hold. */
  readonly when?: readonly ConditionName[];
  /** Its weight has one scale, whatever other operators' have. */
  readonly weights?: 'tensor';
  /** Of `float`: why, if more is known than that the target has no integer form of it. */
  readonly why?: string;
}

/** An activation that becomes a part of the operator before it: no quantizer lies between. */
export interface FusedActivation {
  readonly behind: readonly string[];
  readonly when?: readonly ConditionName[];
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
  /** By operator; of several rules the first whose conditions hold. Others stay in float. */
  readonly operators: Readonly<Record<string, OperatorRule | readonly OperatorRule[]>>;
  /** By operator. */
  readonly fused: Readonly<Record<string, FusedActivation>>;
  /**
   * - `everyTensor`: all that integer operators read and make is quantized, by one quantizer for
   *   all readers of the tensor
   * - `readers`: a tensor is quantized for the integer operators that read it; its quantizer lies
   *   above operators of `pass`
   */
  readonly placement: 'everyTensor' | 'readers';
  /** Whether what the model gives is quantized where an integer operator passes it on as it is. */
  readonly outputs: 'integer' | 'float';
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
