/**
 * Writes scenes for training: `<folder>/<name>.npy` (float16, `[count, 8, 48, 48]`, exact) and `<name>_gt.json`.
 *
 *   npx tsx experiments/demo/dump-scenes.ts <folder> <name> <seed> <count>
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CHANNELS, generateScenes, GRID } from './scenes/scenes.mjs';

const CHUNK_SCENES = 64;

/** Returns float16 bits of values that float16 holds exactly and that are 0 or at least 2^-14 in size. */
function toFloat16Bits(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) => {
    if (word << 1 === 0) return 0;
    if ((word & 0x1fff) !== 0) throw new RangeError(`Expected a value exact in float16, got float32 bits ${word}`);
    return ((word >>> 16) & 0x8000) | (((word >>> 13) & 0x3ffff) - (112 << 10));
  });
}

/** Returns an .npy header, version 1.0, padded so that the data starts at a multiple of 64 bytes. */
function npyHeader(shape: readonly number[]): Buffer {
  const text = `{'descr': '<f2', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const body = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const preamble = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0]);
  preamble.writeUInt16LE(body.length, 8);
  return Buffer.concat([preamble, Buffer.from(body, 'latin1')]);
}

const [folder, name, seedText, countText] = process.argv.slice(2);
if (folder === undefined || name === undefined || seedText === undefined || countText === undefined) {
  throw new Error('Expected <folder> <name> <seed> <count>, got fewer arguments');
}
const seed = Number(seedText);
const count = Number(countText);
mkdirSync(folder, { recursive: true });
const file = openSync(join(folder, `${name}.npy`), 'w');
writeSync(file, npyHeader([count, CHANNELS.length, GRID, GRID]));
const scenes = [];
const startMs = performance.now();
let generateMs = 0;
for (let first = 0; first < count; first += CHUNK_SCENES) {
  const chunkMs = performance.now();
  const chunk = generateScenes({ seed, first, count: Math.min(CHUNK_SCENES, count - first) });
  generateMs += performance.now() - chunkMs;
  const bits = toFloat16Bits(chunk.features);
  writeSync(file, new Uint8Array(bits.buffer));
  scenes.push(...chunk.groundTruth.scenes);
  if (first + CHUNK_SCENES >= count) {
    writeFileSync(join(folder, `${name}_gt.json`), JSON.stringify({ ...chunk.groundTruth, scenes }));
  }
}
closeSync(file);
const totalMs = performance.now() - startMs;
console.log(`${count} scenes: ${(generateMs / count).toFixed(2)} ms a scene, ${(totalMs / 1000).toFixed(1)} s in all`);
