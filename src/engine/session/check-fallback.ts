import { QuantsweepError } from '../../errors/quantsweep-error.js';
import type { Kernels } from './kernel-profile.js';
import type { Provider } from '../providers/provider.js';
import { providers } from '../providers/providers.js';

/**
 * Work that was to be done on a device was done elsewhere, and the experiment does not allow it.
 */
export class FallbackError extends QuantsweepError {
  static override readonly errorClass = 'FallbackError';
  // Another driver, or run.allowFallback, and it runs; the check comes before the work.
  static override readonly retry = 'next-run';
}

/**
 * Operators that do nearly all of a network's arithmetic, under all names that the runtime gives
 * them once fused: convolutions, products of matrices, attention, recurrent layers.
 */
const heavy = /Conv|Gemm|MatMul|Attention|Einsum|^(?:LSTM|GRU|RNN)$/;

/**
 * What of a run's work was not done on the provider that was asked for, in words; null where all
 * that matters was: the runtime gives what a provider has no kernel for to the CPU without a word.
 * Only operators that do the arithmetic count, and a run in which the provider did nothing at all.
 * The rest (shapes and indices, which the runtime keeps on the CPU on purpose, and operators that a
 * provider lacks, such as Round on WebGPU) is slow there, but little work: it is recorded.
 *
 * @param kernels what ran, by the runtime's profile
 * @returns e.g. `2 Conv on CPUExecutionProvider`
 */
export function fallbackOf(kernels: Kernels, provider: Provider): string | null {
  const wanted = providers[provider].executionProvider;
  const elsewhere = Object.entries(kernels).filter(([name]) => name !== wanted);
  const found = elsewhere.flatMap(([name, operators]) =>
    Object.entries(operators)
      .filter(([operator]) => heavy.test(operator))
      .map(([operator, nodes]) => `${nodes} ${operator} on ${name}`),
  );
  if (found.length > 0) return found.join(', ');
  if (kernels[wanted] !== undefined || elsewhere.length === 0) return null;
  return `all of it on ${elsewhere.map(([name]) => name).join(', ')}`;
}

/** Refuses a run of which {@link fallbackOf} has something to say. @throws FallbackError */
export function checkFallback(kernels: Kernels, provider: Provider): void {
  const found = fallbackOf(kernels, provider);
  if (found === null) return;
  throw new FallbackError(
    `Expected the model to run on ${provider}, as run.provider says, got ${found} by the runtime's profile: ${provider} has no kernel for that here. run.allowFallback: true accepts it; run.provider: cpu runs everything on the CPU.`,
  );
}
