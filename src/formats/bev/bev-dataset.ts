import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import { BEV_CHANNELS, BEV_GRID, generateBevScenes, type BevScenes } from './bev-scenes.js';
import type { Dataset, DetectionGroundTruth } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import { planPreprocess, preprocessFloats } from '../preprocess/preprocess.js';
import { checkSampleRange } from '../sample-range.js';

/** Scenes made at once, about 1.2 MB. */
const SCENES_PER_CHUNK = 16;
/** Chunks kept: a reader that goes back and forth by less than 128 scenes makes none twice. */
const KEPT_CHUNKS = 8;

/**
 * Returns `scenes` generated scenes of `seed`, made when read; ground truth is made as a whole when first asked for.
 *
 * @throws DatasetError when the preprocessing does not fit or there are no scenes.
 */
export function createBevDataset(seed: number, scenes: number, preprocess: PreprocessSettings): Dataset {
  const where = `bevScenes, seed ${seed}`;
  if (!Number.isInteger(scenes) || scenes < 1) {
    throw new DatasetError({ expected: 'one or more scenes', got: String(scenes), where });
  }
  const storedShape = [BEV_CHANNELS.length, BEV_GRID, BEV_GRID];
  if (preprocess.layout !== 'channelsFirst') {
    const expected = 'data.preprocess.layout to be channelsFirst, as scenes are generated';
    throw new DatasetError({ expected, got: preprocess.layout, where });
  }
  const plan = planPreprocess(storedShape, preprocess, where);
  /** In the order of last use. */
  const chunks = new Map<number, BevScenes>();
  let open = true;

  function makeChunk(chunk: number): BevScenes {
    const first = chunk * SCENES_PER_CHUNK;
    return generateBevScenes({ seed, first, count: Math.min(SCENES_PER_CHUNK, scenes - first) });
  }

  function getChunk(chunk: number): BevScenes {
    const made = chunks.get(chunk) ?? makeChunk(chunk);
    chunks.delete(chunk);
    chunks.set(chunk, made);
    for (const oldest of chunks.keys()) {
      if (chunks.size <= KEPT_CHUNKS) break;
      chunks.delete(oldest);
    }
    return made;
  }

  function collectGroundTruth(): DetectionGroundTruth {
    const parts = Array.from(
      { length: Math.ceil(scenes / SCENES_PER_CHUNK) },
      (_, chunk) => getChunk(chunk).groundTruth,
    );
    const { classes, grid } = parts[0]!;
    return { classes, grid, scenes: parts.flatMap((part) => part.scenes) };
  }

  let groundTruth: DetectionGroundTruth | null = null;
  return {
    sampleCount: scenes,
    sampleShape: plan.sampleShape,
    labels: null,
    get groundTruth() {
      groundTruth ??= collectGroundTruth();
      return groundTruth;
    },
    read(first, count, into) {
      if (!open) throw new DatasetError({ expected: 'an open dataset', got: 'one that was closed', where });
      checkSampleRange(this, first, count, into);
      for (let scene = first; scene < first + count; scene += 1) {
        const { features } = getChunk(Math.floor(scene / SCENES_PER_CHUNK));
        const from = (scene % SCENES_PER_CHUNK) * plan.sampleSize;
        preprocessFloats(plan, features, from, into, (scene - first) * plan.sampleSize);
      }
    },
    close() {
      open = false;
      chunks.clear();
    },
  };
}
