import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describeEnvironment, packageVersion } from '../schedule/environment.js';
import { workerEntry } from '../schedule/prepare-sweep.js';
import { hasVnni } from '../schedule/saturation.js';
import { cudaLibraryPath, providerObstacle } from '../schedule/resolve-provider.js';

/** The text of `quantsweep doctor`. */
export async function diagnose(): Promise<string> {
  const environment = describeEnvironment();
  const lines = [
    `quantsweep ${environment.quantsweepVersion}, Node ${environment.nodeVersion}, onnxruntime-node ${environment.onnxruntimeVersion}, better-sqlite3 ${packageVersion('better-sqlite3/package.json')}`,
    `${environment.os}, ${environment.cpuModel}, ${environment.cpuCores} cores, ${environment.memoryMb} MB`,
    `CPU flags: ${environment.cpuFlags === '' ? 'unknown' : environment.cpuFlags}`,
    vnniNote(environment.cpuFlags),
    `GPU: ${environment.gpu === null ? 'none that nvidia-smi lists' : `${environment.gpu}, driver ${environment.gpuDriver ?? 'unknown'}`}`,
    '',
    'Providers, each by running a small model in a child process:',
  ];
  for (const provider of ['cpu', 'cuda', 'webgpu'] as const) {
    const obstacle = await providerObstacle(provider, workerEntry());
    lines.push(`  ${provider.padEnd(7)}${obstacle === null ? 'works' : `does not load: ${obstacle}`}`);
  }
  lines.push('', 'CUDA needs:', ...cudaNeeds().map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

function vnniNote(flags: string): string {
  return hasVnni(flags)
    ? 'VNNI: yes; integer kernels do not saturate.'
    : 'VNNI: no; integer kernels with signed 8-bit weights may saturate here (quantization.execution: integer, exported models). Simulated quantization is not affected.';
}

/** Each thing that the CUDA provider needs, whether it is there, and what brings it. */
function cudaNeeds(): readonly string[] {
  const libraries = loaderCache();
  const item = (there: boolean | null, what: string, remedy: string): string =>
    there === null
      ? `?        ${what}: ldconfig can't be asked here. ${remedy}`
      : `${there ? 'ok      ' : 'missing '} ${what}${there ? '' : `. ${remedy}`}`;
  const has = (name: string): boolean | null => (libraries === null ? null : libraries.includes(name));
  return [
    item(
      existsSync(cudaLibraryPath()),
      "onnxruntime-node's CUDA provider library",
      'Bring it: ONNXRUNTIME_NODE_INSTALL=1 node node_modules/onnxruntime-node/script/install.js',
    ),
    item(has('libcuda.so.1'), 'NVIDIA driver (libcuda.so.1)', 'Install the driver of your GPU.'),
    item(
      has('libcudart.so.12'),
      'CUDA 12 runtime (libcudart.so.12)',
      'Install the CUDA 12 runtime, or put its folder on LD_LIBRARY_PATH.',
    ),
    item(has('libcublasLt.so.12'), 'cuBLAS 12 (libcublasLt.so.12)', 'It comes with the CUDA 12 runtime.'),
    item(
      has('libcudnn.so.9'),
      'cuDNN 9 (libcudnn.so.9)',
      'Install cuDNN 9 for CUDA 12, or put its folder on LD_LIBRARY_PATH.',
    ),
  ];
}

/** What the dynamic loader knows, or null where it can't be asked. LD_LIBRARY_PATH is not part of it. */
function loaderCache(): string | null {
  for (const command of ['ldconfig', '/sbin/ldconfig']) {
    try {
      return execFileSync(command, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      // Not on the path of an ordinary user; the next place is tried.
    }
  }
  return null;
}
