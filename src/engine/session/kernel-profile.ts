/** Execution provider -> operator -> nodes that it ran. */
export type Kernels = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What the runtime's own profile says of one run. */
export interface KernelProfile {
  /** Execution providers whose kernels ran, e.g. `CPUExecutionProvider`, joined by `+`. */
  readonly provider: string;
  readonly kernels: Kernels;
  /** Operators that computed on integers, e.g. `QLinearConv`, with the number of their nodes. */
  readonly integerKernels: Readonly<Record<string, number>>;
}

/** An event of the profile that the runtime writes, as far as it is read here. */
export interface ProfileEvent {
  readonly name: string;
  /** Microseconds since the profiler began. */
  readonly ts?: number;
  /** Microseconds. */
  readonly dur?: number;
  readonly args?: {
    readonly provider?: string;
    readonly op_name?: string;
    readonly node_index?: string;
    /** One `{ type: shape }` for each tensor. */
    readonly input_type_shape?: readonly Readonly<Record<string, unknown>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, unknown>>[];
  };
}

/**
 * Operators that take quantized numbers and compute on them; QuantizeLinear and DequantizeLinear
 * only convert.
 */
export const integerKernel = /^(?:QLinear.+|QGemm|(?:Conv|MatMul)Integer.*|DynamicQuantizeMatMul)$/;

/** Counts the kernels of one profiled run. */
export function kernelProfile(events: readonly ProfileEvent[]): KernelProfile {
  const kernels = new Map<string, Map<string, number>>();
  const integers = new Map<string, number>();
  for (const { name, args } of events) {
    const { provider = '', op_name: op = 'unknown' } = args ?? {};
    if (!name.endsWith('_kernel_time') || provider === '') continue;
    const own = kernels.get(provider) ?? new Map<string, number>();
    kernels.set(provider, own.set(op, (own.get(op) ?? 0) + 1));
    if (integerKernel.test(op)) integers.set(op, (integers.get(op) ?? 0) + 1);
  }
  const sorted = Object.fromEntries([...kernels].sort(byName).map(([provider, own]) => [provider, counts(own)]));
  return { provider: Object.keys(sorted).join('+'), kernels: sorted, integerKernels: counts(integers) };
}

function counts(of: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...of].sort(byName));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
