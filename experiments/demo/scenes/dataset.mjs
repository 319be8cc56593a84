import { createHash } from 'node:crypto';
import { CHANNELS, generateScenes, GRID } from './scenes.mjs';

/** @import { GroundTruth, Scenes } from './scenes.mjs' */

/** To be raised with every change of the scenes that `generateScenes` makes. */
const VERSION = 1;
/** Scenes made at once, about 1.2 MB. */
const SCENES_PER_CHUNK = 16;
/** Chunks kept: a reader that goes back and forth by less than 128 scenes makes none twice. */
const KEPT_CHUNKS = 8;
const SCENE_SIZE = CHANNELS.length * GRID * GRID;

/**
 * The demo's dataset module (docs/CUSTOM.md): `options.scenes` generated scenes of `options.seed`,
 * made when read; ground truth is made as a whole when first asked for. It imports nothing of
 * quantsweep, so it may be copied.
 *
 * @param {{ readonly options: { readonly seed?: unknown, readonly scenes?: unknown } }} given
 */
export default function openScenes({ options: { seed, scenes } }) {
  if (typeof seed !== 'number' || typeof scenes !== 'number' || !Number.isInteger(scenes) || scenes < 1) {
    const got = JSON.stringify({ seed, scenes });
    throw new RangeError(`Expected options: { seed: a number from 0, scenes: a number from 1 }, got ${got}`);
  }
  /** In the order of last use. @type {Map<number, Scenes>} */
  const chunks = new Map();

  /** @param {number} chunk */
  function makeChunk(chunk) {
    const first = chunk * SCENES_PER_CHUNK;
    return generateScenes({ seed: Number(seed), first, count: Math.min(SCENES_PER_CHUNK, Number(scenes) - first) });
  }

  /** @param {number} chunk */
  function getChunk(chunk) {
    const made = chunks.get(chunk) ?? makeChunk(chunk);
    chunks.delete(chunk);
    chunks.set(chunk, made);
    for (const oldest of chunks.keys()) {
      if (chunks.size <= KEPT_CHUNKS) break;
      chunks.delete(oldest);
    }
    return made;
  }

  /** @returns {GroundTruth} */
  function groundTruth() {
    const count = Math.ceil(Number(scenes) / SCENES_PER_CHUNK);
    const parts = Array.from({ length: count }, (_, chunk) => getChunk(chunk).groundTruth);
    const { classes, grid } = generateScenes({ seed: Number(seed), first: 0, count: 0 }).groundTruth;
    return { classes, grid, scenes: parts.flatMap((part) => part.scenes) };
  }

  return {
    sampleShape: [CHANNELS.length, GRID, GRID],
    sampleCount: scenes,
    groundTruth,
    identity: identify(seed),
    /**
     * @param {number} first
     * @param {number} count
     */
    read(first, count) {
      const samples = new Float32Array(count * SCENE_SIZE);
      for (let scene = first; scene < first + count; scene += 1) {
        const { features } = getChunk(Math.floor(scene / SCENES_PER_CHUNK));
        const from = (scene % SCENES_PER_CHUNK) * SCENE_SIZE;
        samples.set(features.subarray(from, from + SCENE_SIZE), (scene - first) * SCENE_SIZE);
      }
      return samples;
    },
    close() {
      chunks.clear();
    },
  };
}

/**
 * What the scenes depend on besides this file and the options: the other files of the folder, by
 * their version and, in case that was forgotten, the first scene that they make.
 *
 * @param {number} seed
 */
function identify(seed) {
  const { features, groundTruth } = generateScenes({ seed, first: 0, count: 1 });
  const hash = createHash('sha256').update(features).update(JSON.stringify(groundTruth));
  return `scenes ${VERSION}, ${hash.digest('hex')}`;
}
