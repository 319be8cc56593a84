import { existsSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { describeEnvironment } from '../../prepare/environment.js';
import { packageVersion } from '../../prepare/package-version.js';
import { localExecutor } from '../../engine/local/local-executor.js';
import { hasVnni } from '../../engine/numerics/cpu-flags.js';
import { cudaInstallScript, cudaLibraryPath } from '../../engine/providers/cuda-library.js';
import type { Provider } from '../../engine/providers/provider.js';
import { tryProvider } from '../../engine/providers/provider-obstacle.js';
import { providers } from '../../engine/providers/providers.js';
import { engineObstacle } from '../../store/file/engine-obstacle.js';
import { cudaNeeds } from './cuda-needs.js';
import { libraryFinder, linkedLibraries, vulkanDrivers } from './find-library.js';
import { webgpuNeeds } from './webgpu-needs.js';

/** The text of `quantsweep doctor`. */
export async function diagnose(): Promise<string> {
  const environment = describeEnvironment();
  const obstacle = engineObstacle();
  const lines = [
    `quantsweep ${environment.quantsweepVersion}, Node ${environment.nodeVersion}, onnxruntime-node ${environment.onnxruntimeVersion}, better-sqlite3 ${packageVersion('better-sqlite3/package.json')}`,
    `${environment.os}, ${environment.cpuModel}, ${environment.cpuCores} cores, ${environment.memoryMb} MB`,
    `CPU flags: ${environment.cpuFlags === '' ? 'unknown' : environment.cpuFlags}`,
    vnniNote(environment.cpuFlags),
    `SQLite: ${obstacle ?? 'works'}`,
    `GPU: ${environment.gpu === null ? 'none that nvidia-smi lists' : `${environment.gpu}, driver ${environment.gpuDriver ?? 'unknown'}`}`,
    '',
    'Providers, each by running a small model in a child process:',
  ];
  const classes: string[] = [];
  for (const provider of Object.keys(providers) as Provider[]) {
    const tried = await tryProvider(provider, localExecutor(), (executor) => executor.numericsClass(null));
    lines.push(`  ${provider.padEnd(7)}${'value' in tried ? 'works' : `does not load: ${tried.obstacle}`}`);
    if ('value' in tried) classes.push(tried.value);
  }
  lines.push('', `Numerics class, the same on machines that compute the same bits: ${classes.join(', ') || 'none'}`);
  const find = libraryFinder();
  const path = cudaLibraryPath();
  const cuda = cudaNeeds({
    system: `${platform()} ${arch()}`,
    gpu: environment.gpu,
    providerLibrary: { path, isThere: existsSync(path) },
    installScript: cudaInstallScript(),
    linked: linkedLibraries(path),
    find,
  });
  const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const webgpu = webgpuNeeds({
    platform: platform(),
    find,
    drivers: vulkanDrivers(),
    softwareDriver: existsSync(softwareDriver) ? softwareDriver : null,
  });
  lines.push('', 'CUDA needs:', ...indented(cuda), '', 'WebGPU needs:', ...indented(webgpu));
  return `${lines.join('\n')}\n`;
}

function vnniNote(flags: string): string {
  return hasVnni(flags)
    ? 'VNNI: yes; integer kernels do not saturate.'
    : 'VNNI: no; integer kernels with signed 8-bit weights may saturate here (quantization.execution: integer, exported models). Simulated quantization is not affected.';
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
