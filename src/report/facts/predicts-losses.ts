/**
 * Whether a trial has second moments of its layers' inputs at hand, from which losses are
 * predicted: its canonical settings have them where weights are rounded by them, or alphas searched
 * by them.
 */
export function predictsLosses({ settings }: { readonly settings: unknown }): boolean {
  const { quantization, search } = (settings ?? {}) as {
    readonly quantization?: { readonly rounding?: unknown } | null;
    readonly search?: { readonly objective?: unknown } | null;
  };
  return (quantization?.rounding ?? null) !== null || search?.objective === 'hessian';
}
