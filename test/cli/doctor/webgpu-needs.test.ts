import { describe, expect, it } from 'vitest';
import { webgpuNeeds, type WebgpuFacts } from '../../../src/cli/doctor/webgpu-needs.js';

const needs = (facts: Partial<WebgpuFacts>): readonly string[] =>
  webgpuNeeds({
    platform: 'linux',
    find: () => ({ kind: 'found' }),
    drivers: ['/usr/share/vulkan/icd.d/nvidia_icd.json'],
    softwareDriver: null,
    ...facts,
  });

describe('webgpuNeeds', () => {
  it('names no command where nothing is missing', () => {
    expect(needs({})).toEqual([
      'ok       Vulkan loader (libvulkan.so.1)',
      'ok       Vulkan driver: /usr/share/vulkan/icd.d/nvidia_icd.json',
    ]);
  });

  it('names loader and driver of a bare machine and what brings them', () => {
    expect(needs({ find: () => ({ kind: 'missing' }), drivers: [] })).toEqual([
      'missing  Vulkan loader (libvulkan.so.1)',
      'missing  Vulkan driver (no manifest found)',
      'Vulkan loader:',
      expect.stringContaining('apt-get install libvulkan1'),
      expect.stringContaining('Vulkan driver ('),
      expect.stringContaining('apt-get install mesa-vulkan-drivers'),
    ]);
  });

  it("offers Chromium's software driver and its loader where they lie", () => {
    const folder = '/usr/lib/chromium';
    const softwareDriver = `${folder}/vk_swiftshader_icd.json`;
    const lines = needs({ find: () => ({ kind: 'unsearched', folder }), drivers: [], softwareDriver });
    expect(lines).toContain(`  export LD_LIBRARY_PATH=${folder}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`);
    expect(lines.at(-1)).toBe(`  export VK_ICD_FILENAMES=${softwareDriver}`);
  });

  it('asks for nothing on systems that bring it', () => {
    expect(needs({ platform: 'darwin' })).toEqual([expect.stringContaining('Metal')]);
  });
});
