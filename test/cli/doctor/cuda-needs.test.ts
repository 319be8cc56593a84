import { describe, expect, it } from 'vitest';
import { cudaNeeds, type CudaFacts } from '../../../src/cli/doctor/cuda-needs.js';
import type { FoundLibrary } from '../../../src/cli/doctor/found-library.js';

const needs = (
  folders: Readonly<Record<string, string | null>>,
  others: Partial<Omit<CudaFacts, 'find'>> = {},
): readonly string[] =>
  cudaNeeds({
    system: 'linux x64',
    gpu: 'NVIDIA L4',
    providerLibrary: { path: '/p/libonnxruntime_providers_cuda.so', isThere: true },
    installScript: '/p/onnxruntime-node/script/install.js',
    linked: null,
    find: (name): FoundLibrary => {
      const folder = folders[name];
      if (folder === undefined) return { kind: 'missing' };
      return folder === null ? { kind: 'found' } : { kind: 'unsearched', folder };
    },
    ...others,
  });

const everything = {
  'libcuda.so.1': null,
  'libcudart.so.12': null,
  'libcublas.so.12': null,
  'libcublasLt.so.12': null,
  'libcufft.so.11': null,
  'libcurand.so.10': null,
  'libcudnn.so.9': null,
};

describe('cudaNeeds', () => {
  it('names no command where nothing is missing', () => {
    const lines = needs(everything);
    expect(lines).toHaveLength(9);
    for (const line of lines) expect(line).toMatch(/^ok {7}/);
  });

  it('names each thing that a bare machine lacks and what brings it', () => {
    const lines = needs({}, { gpu: null, providerLibrary: { path: '/p/cuda.so', isThere: false } });
    expect(lines).toEqual([
      'missing  NVIDIA GPU (nvidia-smi lists none)',
      'missing  NVIDIA driver (libcuda.so.1)',
      'missing  CUDA library of onnxruntime-node (/p/cuda.so)',
      'missing  CUDA 12 runtime (libcudart.so.12)',
      'missing  cuBLAS 12 (libcublas.so.12)',
      'missing  cuBLASLt 12 (libcublasLt.so.12)',
      'missing  cuFFT 11 (libcufft.so.11)',
      'missing  cuRAND 10 (libcurand.so.10)',
      'missing  cuDNN 9 (libcudnn.so.9)',
      'Driver, 525 or newer:',
      expect.stringContaining('apt-get install nvidia-driver'),
      'CUDA library of onnxruntime-node (downloaded from NuGet):',
      '  ONNXRUNTIME_NODE_INSTALL=1 node /p/onnxruntime-node/script/install.js',
      expect.stringContaining('Debian and Ubuntu'),
      '  apt-get install cuda-cudart-12-9 libcublas-12-9 libcufft-12-9 libcurand-12-9 libcudnn9-cuda-12',
      'On other Linux systems, or without root:',
      '  pip install --target "$HOME/cuda12" nvidia-cuda-runtime-cu12 nvidia-cublas-cu12 nvidia-cufft-cu12 nvidia-curand-cu12 nvidia-cudnn-cu12',
      '  export LD_LIBRARY_PATH=$HOME/cuda12/nvidia/cuda_runtime/lib:$HOME/cuda12/nvidia/cublas/lib:$HOME/cuda12/nvidia/cufft/lib:$HOME/cuda12/nvidia/curand/lib:$HOME/cuda12/nvidia/cudnn/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}',
    ]);
  });

  it('brings only what is missing', () => {
    const withoutCudnn = Object.entries(everything).filter(([name]) => name !== 'libcudnn.so.9');
    expect(needs(Object.fromEntries(withoutCudnn)).filter((line) => line.startsWith('  '))).toEqual([
      '  apt-get install libcudnn9-cuda-12',
      '  pip install --target "$HOME/cuda12" nvidia-cudnn-cu12',
      '  export LD_LIBRARY_PATH=$HOME/cuda12/nvidia/cudnn/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}',
    ]);
  });

  it('says where a library lies that the loader does not look for', () => {
    const folder = '/usr/local/cuda-12.4/lib64';
    const lines = needs({ ...everything, 'libcudart.so.12': folder, 'libcufft.so.11': folder });
    expect(lines).toContain(`unseen   CUDA 12 runtime (libcudart.so.12): in ${folder}, where the loader does not look`);
    expect(lines.slice(-2)).toEqual([
      'To let the loader find the libraries:',
      `  export LD_LIBRARY_PATH=${folder}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
    ]);
  });

  it('goes by what the library links, where the loader tells', () => {
    const linked = new Map([
      ['libcudart.so.12', true],
      ['libcudnn.so.9', false],
      ['libbeside.so', true],
      ['libnew.so.3', false],
    ]);
    const lines = needs({ 'libcuda.so.1': null, 'libcudnn.so.9': null }, { linked });
    expect(lines.slice(3)).toEqual([
      'ok       CUDA 12 runtime (libcudart.so.12)',
      'ok       cuDNN 9 (libcudnn.so.9)',
      'missing  libnew.so.3',
    ]);
  });

  it('quotes a path that a shell would take apart', () => {
    const lines = needs(everything, {
      providerLibrary: { path: '/a b/cuda.so', isThere: false },
      installScript: "/a b/it's/install.js",
    });
    expect(lines.at(-1)).toBe(`  ONNXRUNTIME_NODE_INSTALL=1 node '/a b/it'\\''s/install.js'`);
  });

  it('says where CUDA can not be had at all', () => {
    expect(needs({}, { system: 'darwin arm64' })).toEqual([
      'Not available: onnxruntime-node has CUDA only for linux x64, this is darwin arm64.',
    ]);
  });
});
