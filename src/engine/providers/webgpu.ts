import type { ProviderDescription } from './provider.js';

/** The GPU that the system gives to WebGPU: Vulkan, Metal or Direct3D. */
export const webgpu: ProviderDescription = {
  executionProvider: 'WebGpuExecutionProvider',
  sessionOption: () => 'webgpu',
  obstacle: () => null,
  layout: () => ({ devices: 1, slots: 1, threads: () => 1, name: (_slot, device) => `webgpu:${device}` }),
  form: 'roundingByAdding',
  usesHostMemory: false,
  readsAhead: true,
  tolerance: 1e-4,
  probes: 'floats',
  mostLossSamples: null,
};
