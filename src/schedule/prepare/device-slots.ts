import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { RunSettings } from '../../experiment/sections/settings.js';
import type { Provider, Slot } from '../../engine/jobs/jobs.js';

/**
 * The children to run: on CPU one per core with one thread each (measured as the fastest layout: two single-threaded
 * children do 1.97 times the work of one, two threads in one child 1.68 times); on a GPU one per device.
 */
export function deviceSlots(run: RunSettings, provider: Provider): readonly Slot[] {
  const cores = availableParallelism();
  const count = run.slots ?? (provider === 'cpu' ? cores : provider === 'cuda' ? cudaDeviceCount() : 1);
  const threads = run.threads ?? (provider === 'cpu' ? Math.max(1, Math.floor(cores / count)) : 1);
  const devices = provider === 'cuda' ? cudaDeviceCount() : 1;
  const { optimizationLevel, allowFallback } = run;
  return Array.from({ length: count }, (_, i) => {
    const deviceId = i % devices;
    return {
      device: `${provider}:${provider === 'cpu' ? i : deviceId}`,
      session: { provider, deviceId, threads, optimizationLevel, allowFallback },
    };
  });
}

/** GPUs that this process may use; 1 where it can't be asked. */
function cudaDeviceCount(): number {
  try {
    const list = execFileSync('nvidia-smi', ['-L'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return visibleDevices(list, process.env['CUDA_VISIBLE_DEVICES']);
  } catch {
    return 1;
  }
}

/**
 * GPUs of a machine that CUDA shows to a process, at least 1. CUDA numbers those that it shows from 0.
 *
 * @param list what `nvidia-smi -L` prints: all GPUs, one a line
 * @param visible CUDA_VISIBLE_DEVICES: indices or names, of which all from the first that is none (-1) are hidden
 */
export function visibleDevices(list: string, visible: string | undefined): number {
  const all = list.split('\n').filter((line) => line.startsWith('GPU ')).length;
  if (visible === undefined) return Math.max(1, all);
  const named = visible.split(',').map((name) => name.trim());
  const end = named.findIndex((name) => name === '' || name.startsWith('-') || Number(name) >= all);
  return Math.max(1, end < 0 ? named.length : end);
}
