import { needLine, searchFolders, type FoundLibrary } from './found-library.js';

/** What was found out about this machine. */
export interface WebgpuFacts {
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  readonly find: (library: string) => FoundLibrary;
  /** Manifests of Vulkan drivers that the Vulkan loader reads, by path. */
  readonly drivers: readonly string[];
  /**
   * Chromium's software driver, which the loader does not read by itself; null where there is none.
   */
  readonly softwareDriver: string | null;
}

const LOADER = 'libvulkan.so.1';

/** Each thing that WebGPU takes, whether it is there, and the commands that bring what is not. */
export function webgpuNeeds({ platform, find, drivers, softwareDriver }: WebgpuFacts): readonly string[] {
  if (platform !== 'linux')
    return ['Only the driver of the GPU: it runs on Metal on macOS, on Direct3D 12 on Windows.'];
  const loader = find(LOADER);
  const lines = [
    needLine(`Vulkan loader (${LOADER})`, loader),
    drivers.length > 0 ? `ok       Vulkan driver: ${drivers.join(', ')}` : 'missing  Vulkan driver (no manifest found)',
  ];
  if (loader.kind === 'missing') {
    lines.push('Vulkan loader:', '  Debian, Ubuntu: apt-get install libvulkan1; Fedora: dnf install vulkan-loader');
  }
  if (loader.kind === 'unsearched') lines.push('To let it find the loader:', `  ${searchFolders([loader.folder])}`);
  if (drivers.length > 0) return lines;
  lines.push(
    "Vulkan driver (part of NVIDIA's own driver; for AMD, Intel and software, Mesa 22.3 is too old and 25.0 works):",
    '  Debian, Ubuntu: apt-get install mesa-vulkan-drivers; Fedora: dnf install mesa-vulkan-drivers',
  );
  if (softwareDriver !== null) {
    lines.push("Or, to try it in software, Chromium's:", `  export VK_ICD_FILENAMES=${softwareDriver}`);
  }
  return lines;
}
