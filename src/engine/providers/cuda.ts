import { existsSync } from 'node:fs';
import { cudaLibraryPath } from './cuda-library.js';
import { cudaDeviceCount } from './visible-devices.js';
import type { ProviderDescription } from './provider.js';

/** NVIDIA GPUs, by CUDA and cuDNN. */
export const cuda: ProviderDescription = {
  executionProvider: 'CUDAExecutionProvider',
  sessionOption: (deviceId) => ({ name: 'cuda', deviceId }),
  obstacle: () => (existsSync(cudaLibraryPath()) ? null : "onnxruntime-node's CUDA library is not installed"),
  layout() {
    const devices = cudaDeviceCount();
    return { devices, slots: devices, threads: () => 1, name: (_slot, device) => `cuda:${device}` };
  },
  form: 'asWritten',
  usesHostMemory: false,
  readsAhead: true,
  tolerance: 1e-4,
  probes: 'matrixProducts',
  mostLossSamples: null,
};
