/** @import { RandomStream } from './random-stream.mjs' */

/** The classes of the demo's ground truth; a class number is the place in this list. */
export const CLASSES = ['car', 'truck', 'pedestrian'];

/**
 * Edge of the square scene in metres; the sensor stands at (SCENE_METRES / 2, -SENSOR_GAP_METRES).
 */
export const SCENE_METRES = 36;
export const SENSOR_GAP_METRES = 3;

/**
 * One thing that the sensor can hit. Metres; x to the right, y away from the sensor.
 *
 * @typedef {object} Solid
 * @property {SolidKind} kind
 * @property {number} classIndex place in CLASSES, or -1 for a distractor
 * @property {number} x
 * @property {number} y
 * @property {number} ux unit heading
 * @property {number} uy
 * @property {number} halfLength
 * @property {number} halfWidth
 * @property {number} height
 * @property {number} intensity mean of its surface, 0-255
 * @property {number} density points returned relative to a matt surface of the same size
 * @property {number} reflectorShare share of the points that are retroreflectors (plates, lamps,
 *   signs) of 200-255
 */

/** @typedef {keyof typeof SHAPES} SolidKind */

/** @typedef {readonly [number, number]} Range */

/**
 * Sizes in metres. Every class has a distractor of nearly its size: containers for cars, wall
 * pieces for trucks, posts and shrubs for pedestrians.
 */
const SHAPES = {
  wall: shape(-1, [2, 2], [0.2, 0.4], [1.2, 3.2], [30, 110], 0, [1, 4], true),
  truck: shape(1, [6, 9.5], [2.3, 2.6], [2.7, 3.7], [20, 130], 0.04, [1, 3], true),
  car: shape(0, [3.9, 4.9], [1.7, 2], [1.4, 1.75], [12, 120], 0.05, [3, 8], true),
  container: shape(-1, [1.3, 3], [1.1, 1.8], [1.1, 2.2], [25, 90], 0, [1, 3], false),
  shrub: shape(-1, [0.6, 3], [0.6, 2], [0.7, 2.3], [35, 95], 0, [3, 8], false),
  post: shape(-1, [0.15, 0.3], [0.15, 0.3], [1, 2.2], [40, 120], 0.05, [1, 4], false),
  pole: shape(-1, [0.15, 0.35], [0.15, 0.35], [3, 6.5], [40, 140], 0.12, [1, 4], false),
  pedestrian: shape(2, [0.4, 0.7], [0.4, 0.6], [1.5, 1.95], [15, 75], 0.005, [3, 9], false),
};

/**
 * @param {number} classIndex
 * @param {Range} length
 * @param {Range} width
 * @param {Range} height
 * @param {Range} intensity
 * @param {number} reflectorShare
 * @param {Range} count how many a scene holds
 * @param {boolean} followsRoad vehicles and walls follow the scene's road direction; the others
 *   turn freely
 */
function shape(classIndex, length, width, height, intensity, reflectorShare, count, followsRoad) {
  return { classIndex, length, width, height, intensity, reflectorShare, count, followsRoad };
}

/**
 * Large things first, so that small ones find the gaps.
 *
 * @type {readonly SolidKind[]}
 */
const PLACING_ORDER = ['wall', 'truck', 'car', 'container', 'shrub', 'post', 'pole', 'pedestrian'];

const PLACING_TRIES = 10;
const CENTRE_MARGIN_METRES = 0.4;

/**
 * Returns a unit vector for parameter t in [-1, 1]: the half circle from (0, -1) over (1, 0) to (0,
 * 1). The rational form of the circle is used because sin and cos may differ between engines in the
 * last bit.
 *
 * @param {number} t
 * @returns {readonly [number, number]}
 */
export function halfCircle(t) {
  const norm = 1 + t * t;
  return [(1 - t * t) / norm, (2 * t) / norm];
}

/**
 * Returns one scene's solids: counts, sizes and places drawn from `random`. Solids overlap at most
 * at their corners, but for wall pieces, which cross each other.
 *
 * @param {RandomStream} random
 * @returns {readonly Solid[]}
 */
export function placeSolids(random) {
  const road = random.between(-1, 1);
  /** @type {Solid[]} */
  const solids = [];
  for (const kind of PLACING_ORDER) {
    const count = random.integer(SHAPES[kind].count[0], SHAPES[kind].count[1]);
    for (let number = 0; number < count; number += 1) {
      if (kind === 'wall') placeWall(random, road, solids);
      else placeOne(random, kind, road, solids);
    }
  }
  return solids;
}

/**
 * @param {RandomStream} random
 * @param {SolidKind} kind
 * @param {number} road
 * @returns {Solid}
 */
function drawSolid(random, kind, road) {
  const { classIndex, length, width, height, intensity, reflectorShare, followsRoad } = SHAPES[kind];
  let [ux, uy] = halfCircle(followsRoad ? road + 0.04 * random.bell() : random.between(-1, 1));
  if (followsRoad && random.chance(0.25)) [ux, uy] = [-uy, ux];
  if (random.chance(0.5)) [ux, uy] = [-ux, -uy];
  return {
    kind,
    classIndex,
    x: random.between(CENTRE_MARGIN_METRES, SCENE_METRES - CENTRE_MARGIN_METRES),
    y: random.between(CENTRE_MARGIN_METRES, SCENE_METRES - CENTRE_MARGIN_METRES),
    ux,
    uy,
    halfLength: random.between(length[0], length[1]) / 2,
    halfWidth: random.between(width[0], width[1]) / 2,
    height: random.between(height[0], height[1]),
    intensity: random.between(intensity[0], intensity[1]),
    density: random.between(0.6, 1.4),
    reflectorShare,
  };
}

/**
 * @param {RandomStream} random
 * @param {SolidKind} kind
 * @param {number} road
 * @param {Solid[]} solids added to
 */
function placeOne(random, kind, road, solids) {
  for (let attempt = 0; attempt < PLACING_TRIES; attempt += 1) {
    const solid = drawSolid(random, kind, road);
    if (solids.every((other) => keepsDistance(solid, other))) {
      solids.push(solid);
      return;
    }
  }
}

/**
 * A wall is a row of short pieces, so that its distance from the sensor may change along it.
 *
 * @param {RandomStream} random
 * @param {number} road
 * @param {Solid[]} solids added to
 */
function placeWall(random, road, solids) {
  const first = drawSolid(random, 'wall', road);
  const pieces = random.integer(2, 7);
  for (let piece = 0; piece < pieces; piece += 1) {
    const x = first.x + 2 * piece * first.ux;
    const y = first.y + 2 * piece * first.uy;
    if (x > 0 && x < SCENE_METRES && y > 0 && y < SCENE_METRES) solids.push({ ...first, x, y });
  }
}

/**
 * Half extents stand in for the outlines: side by side parking stays possible, overlap of the
 * bodies does not.
 *
 * @param {Solid} solid
 * @param {Solid} other
 */
function keepsDistance(solid, other) {
  const dx = other.x - solid.x;
  const dy = other.y - solid.y;
  const gap = 0.3 + reach(solid, dx, dy) + reach(other, dx, dy);
  return dx * dx + dy * dy > gap * gap;
}

/**
 * Half extent of a solid along the direction (dx, dy), as of its bounding ellipse's support, in
 * metres.
 *
 * @param {Solid} solid
 * @param {number} dx
 * @param {number} dy
 */
function reach(solid, dx, dy) {
  const distance = Math.sqrt(dx * dx + dy * dy) + 1e-9;
  const along = ((dx * solid.ux + dy * solid.uy) / distance) * solid.halfLength;
  const across = ((dy * solid.ux - dx * solid.uy) / distance) * solid.halfWidth;
  return Math.sqrt(along * along + across * across);
}
