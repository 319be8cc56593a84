import { scanSolids } from './lidar.mjs';
import { createRandomStream } from './random-stream.mjs';
import { CLASSES, placeSolids, SCENE_METRES } from './world.mjs';

/**
 * Synthetic LiDAR scenes seen from above, the data of the embedded demo:
 *
 *   (seed, index) -> random stream -> solids placed -> swept by a sensor -> points -> features
 *
 * Only + - * / and square roots are used, which IEEE 754 rounds exactly, and no sin, exp or the
 * like, whose last bits differ between engines. Features are rounded to the fixed steps of
 * `CellSums.writeFeatures` besides, and every such value is exact in float16. So the same arguments
 * give the same bytes everywhere.
 *
 * @typedef {object} Scenes
 * @property {Float32Array<ArrayBuffer>} features `[count, 8, GRID, GRID]`, row-major, raw units of
 *   `CHANNELS`; an empty cell is 0 in every channel
 * @property {GroundTruth} groundTruth
 */

/**
 * @typedef {object} GroundTruth
 * @property {readonly string[]} classes
 * @property {readonly [number, number]} grid rows, columns
 * @property {readonly { readonly id: number, readonly objects: readonly SceneObject[] }[]} scenes
 *   in the order of the
 *   features; `id` is the scene's index under its seed
 */

/**
 * An object's centre in cells: x along a row, y over the rows; cell (0, 0) spans [0,1)x[0,1).
 *
 * @typedef {{ readonly class: number, readonly x: number, readonly y: number }} SceneObject
 */

/** Cells along each side of the square grid; a cell is SCENE_METRES / GRID = 0.75 m wide. */
export const GRID = 48;

/** Channel names in order: a count, metres, metres, 0-255, 0-255, metres, metres, metres. */
export const CHANNELS = [
  'points',
  'max_height',
  'mean_height',
  'mean_intensity',
  'max_intensity',
  'height_deviation',
  'offset_x',
  'offset_y',
];

/** Objects with fewer points than this are not in the ground truth. */
const MIN_OBJECT_POINTS = 4;

const CELLS = GRID * GRID;
const CELL_METRES = SCENE_METRES / GRID;
const MAX_SEED = 0xffffffff;

/**
 * Returns scenes `first .. first + count - 1` of `seed`. Scene i depends on (seed, i) alone, not on
 * `first` or `count`.
 *
 * @param {{ readonly seed: number, readonly first: number, readonly count: number }} options
 * @returns {Scenes}
 * @throws RangeError when an argument is not an integer in its range (seed and scene index below
 *   2^32).
 */
export function generateScenes({ seed, first, count }) {
  expectInteger('seed', seed, MAX_SEED);
  expectInteger('first', first, MAX_SEED);
  expectInteger('count', count, MAX_SEED - first);
  const sceneSize = CHANNELS.length * CELLS;
  const features = new Float32Array(count * sceneSize);
  const scenes = [];
  for (let place = 0; place < count; place += 1) {
    const id = first + place;
    const objects = generateScene(seed, id, features.subarray(place * sceneSize, (place + 1) * sceneSize));
    scenes.push({ id, objects });
  }
  return { features, groundTruth: { classes: [...CLASSES], grid: [GRID, GRID], scenes } };
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} max
 */
function expectInteger(name, value, max) {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`Expected ${name} to be an integer in 0..${max}, got ${value}`);
  }
}

/**
 * Writes one scene's features `[8, GRID, GRID]` into `into` and returns its objects.
 *
 * @param {number} seed
 * @param {number} id
 * @param {Float32Array} into
 * @returns {SceneObject[]}
 */
function generateScene(seed, id, into) {
  const random = createRandomStream(seed, id);
  const solids = placeSolids(random);
  const cells = new CellSums();
  const hits = scanSolids(solids, random, (x, y, z, intensity) => {
    cells.add(x, y, z, intensity);
  });
  cells.writeFeatures(into);
  return solids.flatMap((solid, index) =>
    solid.classIndex >= 0 && hits[index] >= MIN_OBJECT_POINTS
      ? [{ class: solid.classIndex, x: toStep(solid.x / CELL_METRES, 1024), y: toStep(solid.y / CELL_METRES, 1024) }]
      : [],
  );
}

/**
 * Rounds to the nearest multiple of 1 / stepsPerUnit; adding 0 turns -0 into 0.
 *
 * @param {number} value
 * @param {number} stepsPerUnit
 */
function toStep(value, stepsPerUnit) {
  return Math.round(value * stepsPerUnit) / stepsPerUnit + 0;
}

/** Running sums over the points of each cell. */
class CellSums {
  #points = new Float64Array(CELLS);
  #height = new Float64Array(CELLS);
  #squaredHeight = new Float64Array(CELLS);
  #maxHeight = new Float64Array(CELLS).fill(Number.NEGATIVE_INFINITY);
  #intensity = new Float64Array(CELLS);
  #maxIntensity = new Float64Array(CELLS);
  #offsetX = new Float64Array(CELLS);
  #offsetY = new Float64Array(CELLS);

  /**
   * Points outside the grid are dropped; intensity is clamped to 1-255 as a sensor does.
   *
   * @param {number} xMetres
   * @param {number} yMetres
   * @param {number} zMetres
   * @param {number} rawIntensity
   */
  add(xMetres, yMetres, zMetres, rawIntensity) {
    const column = Math.floor(xMetres / CELL_METRES);
    const row = Math.floor(yMetres / CELL_METRES);
    if (column < 0 || column >= GRID || row < 0 || row >= GRID) return;
    const cell = row * GRID + column;
    const intensity = Math.min(255, Math.max(1, rawIntensity));
    this.#points[cell] += 1;
    this.#height[cell] += zMetres;
    this.#squaredHeight[cell] += zMetres * zMetres;
    this.#maxHeight[cell] = Math.max(this.#maxHeight[cell], zMetres);
    this.#intensity[cell] += intensity;
    this.#maxIntensity[cell] = Math.max(this.#maxIntensity[cell], intensity);
    this.#offsetX[cell] += xMetres - (column + 0.5) * CELL_METRES;
    this.#offsetY[cell] += yMetres - (row + 0.5) * CELL_METRES;
  }

  /**
   * Heights in steps of 1/256 m, intensities of 1/4, offsets of 1/1024 m.
   *
   * @param {Float32Array} into
   */
  writeFeatures(into) {
    for (let cell = 0; cell < CELLS; cell += 1) {
      const points = this.#points[cell];
      if (points === 0) continue;
      const meanHeight = this.#height[cell] / points;
      const variance = Math.max(0, this.#squaredHeight[cell] / points - meanHeight * meanHeight);
      into[cell] = points;
      into[CELLS + cell] = toStep(this.#maxHeight[cell], 256);
      into[2 * CELLS + cell] = toStep(meanHeight, 256);
      into[3 * CELLS + cell] = toStep(this.#intensity[cell] / points, 4);
      into[4 * CELLS + cell] = toStep(this.#maxIntensity[cell], 4);
      into[5 * CELLS + cell] = toStep(Math.sqrt(variance), 256);
      into[6 * CELLS + cell] = toStep(this.#offsetX[cell] / points, 1024);
      into[7 * CELLS + cell] = toStep(this.#offsetY[cell] / points, 1024);
    }
  }
}
