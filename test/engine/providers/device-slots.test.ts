import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { RunSettings } from '../../../src/experiment/sections/settings.js';
import { deviceSlots } from '../../../src/engine/providers/device-slots.js';
import { visibleDevices } from '../../../src/engine/providers/visible-devices.js';

const run: RunSettings = {
  provider: 'auto',
  allowFallback: false,
  slots: null,
  threads: null,
  optimizationLevel: 'all',
  database: 'x.db',
  retries: 2,
  hangSeconds: 60,
  memoryMb: null,
  lockWaitMinutes: 60,
};

describe('deviceSlots', () => {
  it('gives each core a child of one thread', () => {
    const slots = deviceSlots(run, 'cpu');
    expect(slots.map((slot) => slot.device)).toEqual(
      Array.from({ length: availableParallelism() }, (_, core) => `cpu:${core}`),
    );
    expect(new Set(slots.map((slot) => slot.session.threads))).toEqual(new Set([1]));
  });

  it('gives a GPU one child', () => {
    expect(deviceSlots({ ...run, allowFallback: true }, 'webgpu')).toEqual([
      {
        device: 'webgpu:0',
        session: { provider: 'webgpu', deviceId: 0, threads: 1, optimizationLevel: 'all', allowFallback: true },
      },
    ]);
  });

  it('puts as many children on a GPU as slots ask for', () => {
    expect(deviceSlots({ ...run, slots: 2 }, 'webgpu').map((slot) => slot.device)).toEqual(['webgpu:0', 'webgpu:0']);
  });
});

describe('visibleDevices', () => {
  const three = ['GPU 0: NVIDIA A (UUID: GPU-1)', '  MIG 1g.5gb', 'GPU 1: NVIDIA B', 'GPU 2: NVIDIA C', ''].join('\n');

  it.each([
    [undefined, 3],
    ['0,2', 2],
    ['GPU-1', 1],
    ['2,-1,0', 1],
    ['0,1,7,2', 2],
  ])('CUDA_VISIBLE_DEVICES %j leaves %i', (visible, count) => {
    expect(visibleDevices(three, visible)).toBe(count);
  });

  it('is one at least: the runtime then says what it thinks of it', () => {
    expect(visibleDevices('', undefined)).toBe(1);
    expect(visibleDevices(three, '')).toBe(1);
  });
});
