import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

/** Where onnxruntime-node looks for its CUDA provider. */
export function cudaLibraryPath(): string {
  return join(runtimeFolder(), 'bin', 'napi-v6', platform(), arch(), 'libonnxruntime_providers_cuda.so');
}

/** onnxruntime-node's script that downloads its CUDA provider. */
export function cudaInstallScript(): string {
  return join(runtimeFolder(), 'script', 'install.js');
}

function runtimeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
}
