import { execFileSync } from 'node:child_process';

/** GPUs that this process may use; 1 where it can't be asked. */
export function cudaDeviceCount(): number {
  try {
    const list = execFileSync('nvidia-smi', ['-L'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return visibleDevices(list, process.env['CUDA_VISIBLE_DEVICES']);
  } catch {
    return 1;
  }
}

/**
 * GPUs of a machine that CUDA shows to a process, at least 1. CUDA numbers those that it shows from
 * 0.
 *
 * @param list what `nvidia-smi -L` prints: all GPUs, one a line
 * @param visible CUDA_VISIBLE_DEVICES: indices or names, of which all from the first that is none
 *   (-1) are hidden
 */
export function visibleDevices(list: string, visible: string | undefined): number {
  const all = list.split('\n').filter((line) => line.startsWith('GPU ')).length;
  if (visible === undefined) return Math.max(1, all);
  const named = visible.split(',').map((name) => name.trim());
  const end = named.findIndex((name) => name === '' || name.startsWith('-') || Number(name) >= all);
  return Math.max(1, end < 0 ? named.length : end);
}
