import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CHANNELS, GRID, generateScenes } from '../../../experiments/demo/scenes/scenes.mjs';

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

describe('generateScenes', () => {
  it('makes the very scenes that the demo model was judged on', () => {
    const { features, groundTruth } = generateScenes({ seed: 3, first: 0, count: 256 });
    expect(features).toHaveLength(256 * CHANNELS.length * GRID * GRID);
    expect(sha256(new Uint8Array(features.buffer))).toBe(
      '9516fad89f7110c705d272b67e5637b8f0fd68211fd7bd0ca64806e9a7f59ea0',
    );
    expect(sha256(JSON.stringify(groundTruth))).toBe(
      '09a5bdf2dcc6fd98f9db858838d77f643f5729c717ad5b807338ee849f162dcf',
    );
  });

  it('makes a scene from its seed and number alone, whatever it is made with', () => {
    const sceneLength = CHANNELS.length * GRID * GRID;
    const several = generateScenes({ seed: 7, first: 3, count: 4 });
    const alone = generateScenes({ seed: 7, first: 5, count: 1 });
    expect(alone.features).toEqual(several.features.slice(2 * sceneLength, 3 * sceneLength));
    expect(alone.groundTruth.scenes[0]).toEqual(several.groundTruth.scenes[2]);
  });

  it('makes channels whose ranges differ more than a hundredfold', () => {
    const { features } = generateScenes({ seed: 1, first: 0, count: 8 });
    const plane = GRID * GRID;
    const absmax = CHANNELS.map((_, channel) => {
      let largest = 0;
      for (let i = 0; i < features.length; i++) {
        if (Math.floor(i / plane) % CHANNELS.length === channel) largest = Math.max(largest, Math.abs(features[i]!));
      }
      return largest;
    });
    expect(Math.max(...absmax) / Math.min(...absmax)).toBeGreaterThan(100);
  });

  it('puts every object inside the grid and into a class that there is', () => {
    const { groundTruth } = generateScenes({ seed: 2, first: 0, count: 16 });
    for (const { objects } of groundTruth.scenes) {
      for (const { class: kind, x, y } of objects) {
        expect(groundTruth.classes[kind]).toBeDefined();
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x, y)).toBeLessThanOrEqual(GRID);
      }
    }
  });

  it('refuses a seed that is no 32-bit number', () => {
    expect(() => generateScenes({ seed: -1, first: 0, count: 1 })).toThrow('Expected seed to be an integer');
  });
});
