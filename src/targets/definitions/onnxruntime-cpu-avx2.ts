import type { Target } from '../target.js';
import { onnxruntimeCpu } from './onnxruntime-cpu.js';

export const onnxruntimeCpuAvx2: Target = {
  ...onnxruntimeCpu,
  description: 'onnxruntime on x86 without VNNI, whose 16-bit sums saturate',
  sources: [
    ...onnxruntimeCpu.sources,
    'onnxruntime 1.30.0 under emulated CPUs without VNNI (qemu-user-static 7.2, Haswell-v4 and Skylake-Client-v4): sums of products that saturate',
  ],
  saturates: true,
};
