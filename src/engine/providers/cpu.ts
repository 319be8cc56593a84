import { availableParallelism } from 'node:os';
import type { ProviderDescription } from './provider.js';

/** The kernels of onnxruntime for the machine's own cores. */
export const cpu: ProviderDescription = {
  executionProvider: 'CPUExecutionProvider',
  sessionOption: () => 'cpu',
  obstacle: () => null,
  /**
   * A child for each core with one thread each, measured as the fastest layout: two single-threaded
   * children do 1.97 times the work of one, two threads in one child 1.68 times.
   */
  layout() {
    const cores = availableParallelism();
    return {
      devices: 1,
      slots: cores,
      threads: (slots) => Math.max(1, Math.floor(cores / slots)),
      name: (slot) => `cpu:${slot}`,
    };
  },
  form: 'fastestOfEquals',
  usesHostMemory: true,
  readsAhead: false,
  tolerance: 1e-6,
  probes: 'everything',
  // Small tensors stay in the caches: over runs of 16 that takes a tenth off the time and half of
  // the memory (docs/PERFORMANCE.md).
  mostLossSamples: 8,
};
