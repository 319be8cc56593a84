import { scanSolids } from './bev-lidar.js';
import { createRandomStream } from '../synthetic/random-stream.js';
import { BEV_CLASSES, placeSolids, SCENE_METRES } from './bev-world.js';

/**
 * Synthetic LiDAR scenes seen from above, the data of the embedded demo:
 *
 *   (seed, index) -> random stream -> solids placed -> swept by a sensor -> points -> features a cell
 *
 * Only + - * / and square roots are used, which IEEE 754 rounds exactly, and no sin, exp or the like, whose last bits
 * differ between engines. Features are rounded to the fixed steps of `CellSums.writeFeatures` besides, and every such
 * value is exact in float16. So the same arguments give the same bytes everywhere.
 */
export interface BevScenes {
  /** `[count, 8, BEV_GRID, BEV_GRID]`, row-major, raw units of `BEV_CHANNELS`; an empty cell is 0 in every channel. */
  readonly features: Float32Array;
  readonly groundTruth: BevGroundTruth;
}

export interface BevGroundTruth {
  readonly classes: string[];
  /** Rows, columns. */
  readonly grid: [number, number];
  /** In the order of the features; `id` is the scene's index under its seed. */
  readonly scenes: readonly { readonly id: number; readonly objects: readonly BevObject[] }[];
}

/** An object's centre in cells: x along a row, y over the rows; cell (0, 0) spans [0,1)x[0,1). */
export interface BevObject {
  readonly class: number;
  readonly x: number;
  readonly y: number;
}

/** Cells along each side of the square grid; a cell is SCENE_METRES / BEV_GRID = 0.75 m wide. */
export const BEV_GRID = 48;

/** Channel names in order: a count, metres, metres, 0-255, 0-255, metres, metres, metres. */
export const BEV_CHANNELS = [
  'points',
  'max_height',
  'mean_height',
  'mean_intensity',
  'max_intensity',
  'height_deviation',
  'offset_x',
  'offset_y',
] as const;

/** Objects with fewer points than this are not in the ground truth. */
const MIN_OBJECT_POINTS = 4;

const CELLS = BEV_GRID * BEV_GRID;
const CELL_METRES = SCENE_METRES / BEV_GRID;
const MAX_SEED = 0xffffffff;

/**
 * Returns scenes `first .. first + count - 1` of `seed`. Scene i depends on (seed, i) alone, not on `first` or `count`.
 *
 * @throws RangeError when an argument is not an integer in its range (seed and scene index below 2^32).
 */
export function generateBevScenes(options: {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}): BevScenes {
  const { seed, first, count } = options;
  expectInteger('seed', seed, MAX_SEED);
  expectInteger('first', first, MAX_SEED);
  expectInteger('count', count, MAX_SEED - first);
  const sceneSize = BEV_CHANNELS.length * CELLS;
  const features = new Float32Array(count * sceneSize);
  const scenes = [];
  for (let place = 0; place < count; place += 1) {
    const id = first + place;
    const objects = generateScene(seed, id, features.subarray(place * sceneSize, (place + 1) * sceneSize));
    scenes.push({ id, objects });
  }
  return { features, groundTruth: { classes: [...BEV_CLASSES], grid: [BEV_GRID, BEV_GRID], scenes } };
}

function expectInteger(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`Expected ${name} to be an integer in 0..${max}, got ${value}`);
  }
}

/** Writes one scene's features `[8, BEV_GRID, BEV_GRID]` into `into` and returns its objects. */
function generateScene(seed: number, id: number, into: Float32Array): BevObject[] {
  const random = createRandomStream(seed, id);
  const solids = placeSolids(random);
  const cells = new CellSums();
  const hits = scanSolids(solids, random, (x, y, z, intensity) => {
    cells.add(x, y, z, intensity);
  });
  cells.writeFeatures(into);
  return solids.flatMap((solid, index) =>
    solid.classIndex >= 0 && hits[index]! >= MIN_OBJECT_POINTS
      ? [{ class: solid.classIndex, x: toStep(solid.x / CELL_METRES, 1024), y: toStep(solid.y / CELL_METRES, 1024) }]
      : [],
  );
}

/** Rounds to the nearest multiple of 1 / stepsPerUnit; adding 0 turns -0 into 0. */
function toStep(value: number, stepsPerUnit: number): number {
  return Math.round(value * stepsPerUnit) / stepsPerUnit + 0;
}

/** Running sums over the points of each cell. */
class CellSums {
  private readonly points = new Float64Array(CELLS);
  private readonly height = new Float64Array(CELLS);
  private readonly squaredHeight = new Float64Array(CELLS);
  private readonly maxHeight = new Float64Array(CELLS).fill(Number.NEGATIVE_INFINITY);
  private readonly intensity = new Float64Array(CELLS);
  private readonly maxIntensity = new Float64Array(CELLS);
  private readonly offsetX = new Float64Array(CELLS);
  private readonly offsetY = new Float64Array(CELLS);

  /** Points outside the grid are dropped; intensity is clamped to 1-255 as a sensor does. */
  add(xMetres: number, yMetres: number, zMetres: number, rawIntensity: number): void {
    const column = Math.floor(xMetres / CELL_METRES);
    const row = Math.floor(yMetres / CELL_METRES);
    if (column < 0 || column >= BEV_GRID || row < 0 || row >= BEV_GRID) return;
    const cell = row * BEV_GRID + column;
    const intensity = Math.min(255, Math.max(1, rawIntensity));
    this.points[cell]! += 1;
    this.height[cell]! += zMetres;
    this.squaredHeight[cell]! += zMetres * zMetres;
    this.maxHeight[cell] = Math.max(this.maxHeight[cell]!, zMetres);
    this.intensity[cell]! += intensity;
    this.maxIntensity[cell] = Math.max(this.maxIntensity[cell]!, intensity);
    this.offsetX[cell]! += xMetres - (column + 0.5) * CELL_METRES;
    this.offsetY[cell]! += yMetres - (row + 0.5) * CELL_METRES;
  }

  /** Heights in steps of 1/256 m, intensities of 1/4, offsets of 1/1024 m. */
  writeFeatures(into: Float32Array): void {
    for (let cell = 0; cell < CELLS; cell += 1) {
      const points = this.points[cell]!;
      if (points === 0) continue;
      const meanHeight = this.height[cell]! / points;
      const variance = Math.max(0, this.squaredHeight[cell]! / points - meanHeight * meanHeight);
      into[cell] = points;
      into[CELLS + cell] = toStep(this.maxHeight[cell]!, 256);
      into[2 * CELLS + cell] = toStep(meanHeight, 256);
      into[3 * CELLS + cell] = toStep(this.intensity[cell]! / points, 4);
      into[4 * CELLS + cell] = toStep(this.maxIntensity[cell]!, 4);
      into[5 * CELLS + cell] = toStep(Math.sqrt(variance), 256);
      into[6 * CELLS + cell] = toStep(this.offsetX[cell]! / points, 1024);
      into[7 * CELLS + cell] = toStep(this.offsetY[cell]! / points, 1024);
    }
  }
}
