import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHANNELS, generateScenes, GRID } from '../../../experiments/demo/scenes/scenes.mjs';
import { npyArray } from '../../formats/npy-bytes.js';

/**
 * Scenes of the demo as files, for sweeps that should not need consent to code: fields of a source
 * in a YAML mapping. The files are written once on a machine.
 */
export function sceneFiles(seed: number, count: number): string {
  const folder = join(tmpdir(), 'quantsweep-demo-scenes');
  mkdirSync(folder, { recursive: true });
  const [samples, truth] = ['npy', 'json'].map((ending) => join(folder, `scenes-1-${seed}-${count}.${ending}`));
  if (!existsSync(samples!) || !existsSync(truth!)) {
    const { features, groundTruth } = generateScenes({ seed, first: 0, count });
    writeWhole(samples!, npyArray('<f4', [count, CHANNELS.length, GRID, GRID], features));
    writeWhole(truth!, JSON.stringify(groundTruth));
  }
  return `format: npy, path: ${JSON.stringify(samples)}, groundTruth: ${JSON.stringify(truth)}`;
}

/** Tests run beside each other: none sees half a file. */
function writeWhole(path: string, content: Uint8Array | string): void {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  renameSync(own, path);
}
