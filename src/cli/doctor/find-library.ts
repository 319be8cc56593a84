import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { FoundLibrary } from './found-library.js';

/** Where the loader of Debian and of Red Hat looks, for systems whose cache can't be asked. */
const ordinary = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'];

/** Where CUDA, the driver in WSL, and Chromium put libraries that the loader does not look for. */
const special = ['/usr/lib/wsl/lib', '/usr/lib/chromium', '/opt/cuda/lib64'];

/**
 * Returns what finds libraries as the dynamic loader of this machine does: LD_LIBRARY_PATH, its
 * cache, the system's folders.
 */
export function libraryFinder(): (name: string) => FoundLibrary {
  const cache = ask('ldconfig', ['-p']) ?? ask('/sbin/ldconfig', ['-p']) ?? '';
  const cached = new Set(cache.split('\n').map((line) => line.trim().split(' ', 1)[0]!));
  const searched = [
    ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== ''),
    ...ordinary,
  ];
  const elsewhere = [...cudaFolders(), ...special];
  return (name) => {
    if (cached.has(name) || searched.some((folder) => existsSync(join(folder, name)))) return { kind: 'found' };
    const folder = elsewhere.find((one) => existsSync(join(one, name)));
    return folder === undefined ? { kind: 'missing' } : { kind: 'unsearched', folder };
  };
}

/** `/usr/local/cuda-12.9/lib64` and its like, newest first. */
function cudaFolders(): readonly string[] {
  return list('/usr/local')
    .filter((name) => name.startsWith('cuda'))
    .sort()
    .reverse()
    .flatMap((name) => ['lib64', 'targets/x86_64-linux/lib'].map((below) => join('/usr/local', name, below)));
}

/**
 * The libraries that a shared library takes and whether the loader finds them; null where it can't
 * be asked.
 */
export function linkedLibraries(path: string): ReadonlyMap<string, boolean> | null {
  if (!existsSync(path)) return null;
  const answer = ask('ldd', [path]);
  return answer === null ? null : readLinked(answer);
}

/** What `ldd` prints: `libcudart.so.12 => not found`, `libm.so.6 => /lib/libm.so.6 (0x...)`. */
export function readLinked(text: string): ReadonlyMap<string, boolean> {
  return new Map([...text.matchAll(/^\s*(\S+) => (.*)$/gm)].map(([, name, place]) => [name!, place !== 'not found']));
}

/**
 * Manifests of Vulkan drivers that the loader reads: those that the environment names, else those
 * of its folders.
 */
export function vulkanDrivers(): readonly string[] {
  const named = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (named !== undefined) return named.split(':').filter((path) => path !== '' && existsSync(path));
  const folders = ['/usr/local/etc', '/usr/local/share', '/etc', '/usr/share', join(homedir(), '.local/share')];
  return folders
    .map((folder) => join(folder, 'vulkan/icd.d'))
    .flatMap((folder) =>
      list(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(folder, name)),
    );
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Most machines lack most of these folders.
    return [];
  }
}

function ask(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
}
