/** @import { RandomStream } from './random-stream.mjs' */
/** @import { Solid } from './world.mjs' */
import { halfCircle, SCENE_METRES, SENSOR_GAP_METRES } from './world.mjs';

/**
 * Receives one returned point: metres in the scene, height above ground in metres, intensity 0-255.
 *
 * @typedef {(x: number, y: number, z: number, intensity: number) => void} PointSink
 */

/**
 * Directions are sorted into bins by dx / (|dx| + dy), which grows with the bearing and needs no
 * atan2.
 */
const DIRECTION_BINS = 512;
const SENSOR_HEIGHT_METRES = 1.9;
/**
 * Points per square metre of visible surface at one metre; the number falls with the squared range.
 */
const POINTS_AT_ONE_METRE = 2600;
const MAX_POINTS_PER_SOLID = 420;
const GROUND_POINTS = 1100;
const STRAY_POINTS = 14;
/** Share of rays that a shrub lets through. */
const SHRUB_LEAKAGE = 0.45;

/**
 * For every direction bin, the nearest solid: its place in the list (-1: none), and its range.
 *
 * @typedef {object} DepthBuffer
 * @property {Int16Array} owner
 * @property {Float64Array} range
 */

/**
 * Sends the points of one sweep to `sink` and returns how many points each solid got,
 * `[solids.length]`. The number of points falls with the squared range; nearer solids hide what
 * lies behind and below the line of sight over their top.
 *
 * @param {readonly Solid[]} solids
 * @param {RandomStream} random
 * @param {PointSink} sink
 */
export function scanSolids(solids, random, sink) {
  const depth = drawDepthBuffer(solids);
  const hits = new Int32Array(solids.length);
  solids.forEach((solid, self) => {
    const count = expectedPoints(solid, random);
    for (let number = 0; number < count; number += 1) {
      const [x, y, z] = sampleSurface(solid, random);
      const isReflector = random.chance(solid.reflectorShare);
      const matt = solid.intensity * (1 + 0.25 * random.bell());
      const intensity = isReflector ? random.between(200, 255) : matt;
      if (isHidden(x, y, z, self, solids, depth, random)) continue;
      hits[self] += 1;
      sink(x, y, z, intensity);
    }
  });
  scanGround(solids, depth, random, sink);
  return hits;
}

/**
 * @param {number} x
 * @param {number} y
 */
function directionBin(x, y) {
  const dx = x - SCENE_METRES / 2;
  const dy = y + SENSOR_GAP_METRES;
  const bearing = dx / (Math.abs(dx) + dy);
  return Math.min(DIRECTION_BINS - 1, Math.max(0, Math.floor((bearing + 1) * (DIRECTION_BINS / 2))));
}

/**
 * @param {number} x
 * @param {number} y
 */
function rangeOf(x, y) {
  const dx = x - SCENE_METRES / 2;
  const dy = y + SENSOR_GAP_METRES;
  return Math.sqrt(dx * dx + dy * dy);
}

/**
 * @param {readonly Solid[]} solids
 * @returns {DepthBuffer}
 */
function drawDepthBuffer(solids) {
  const owner = new Int16Array(DIRECTION_BINS).fill(-1);
  const range = new Float64Array(DIRECTION_BINS).fill(Number.POSITIVE_INFINITY);
  solids.forEach((solid, self) => {
    let first = DIRECTION_BINS;
    let last = -1;
    for (const corner of [0, 1, 2, 3]) {
      const along = corner < 2 ? solid.halfLength : -solid.halfLength;
      const across = corner % 2 === 0 ? solid.halfWidth : -solid.halfWidth;
      const bin = directionBin(
        solid.x + along * solid.ux - across * solid.uy,
        solid.y + along * solid.uy + across * solid.ux,
      );
      first = Math.min(first, bin);
      last = Math.max(last, bin);
    }
    const solidRange = rangeOf(solid.x, solid.y);
    for (let bin = first; bin <= last; bin += 1) {
      if (solidRange < range[bin]) {
        range[bin] = solidRange;
        owner[bin] = self;
      }
    }
  });
  return { owner, range };
}

/**
 * True where another solid stands nearer in the point's direction and the line of sight does not
 * pass over its top.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} z
 * @param {number} self place of the solid that the point is of; -1: none
 * @param {readonly Solid[]} solids
 * @param {DepthBuffer} depth
 * @param {RandomStream} random
 */
function isHidden(x, y, z, self, solids, depth, random) {
  const bin = directionBin(x, y);
  const owner = depth.owner[bin];
  if (owner < 0 || owner === self) return false;
  const range = rangeOf(x, y);
  const nearest = depth.range[bin];
  if (nearest >= range - 0.2) return false;
  const blocker = solids[owner];
  const lineHeight = SENSOR_HEIGHT_METRES + ((z - SENSOR_HEIGHT_METRES) * nearest) / range;
  if (lineHeight > blocker.height) return false;
  return !(blocker.kind === 'shrub' && random.chance(SHRUB_LEAKAGE));
}

/**
 * @param {Solid} solid
 * @param {RandomStream} random
 */
function expectedPoints(solid, random) {
  const range = rangeOf(solid.x, solid.y);
  const dx = (solid.x - SCENE_METRES / 2) / range;
  const dy = (solid.y + SENSOR_GAP_METRES) / range;
  const width =
    2 * solid.halfLength * Math.abs(dy * solid.ux - dx * solid.uy) +
    2 * solid.halfWidth * Math.abs(dx * solid.ux + dy * solid.uy);
  const expected = (POINTS_AT_ONE_METRE * width * solid.height * solid.density) / (range * range);
  return Math.floor(Math.min(MAX_POINTS_PER_SOLID, expected * (1 + 0.1 * random.bell())) + random.uniform());
}

/**
 * Draws one point of the surface that faces the sensor (or, now and then, of the inside seen
 * through a window).
 *
 * @param {Solid} solid
 * @param {RandomStream} random
 * @returns {readonly [number, number, number]}
 */
function sampleSurface(solid, random) {
  const toSensorX = SCENE_METRES / 2 - solid.x;
  const toSensorY = -SENSOR_GAP_METRES - solid.y;
  const facesAlong = toSensorX * solid.ux + toSensorY * solid.uy;
  const facesAcross = toSensorY * solid.ux - toSensorX * solid.uy;
  let along = random.between(-1, 1);
  let across = random.between(-1, 1);
  if (solid.kind === 'shrub') {
    // A ragged blob: denser in the middle, lower at the rim.
    along *= random.uniform();
    across *= random.uniform();
  } else if (!random.chance(0.15)) {
    const endWeight = solid.halfWidth * Math.abs(facesAlong);
    const sideWeight = solid.halfLength * Math.abs(facesAcross);
    if (random.chance(endWeight / (endWeight + sideWeight + 1e-9))) along = facesAlong > 0 ? 1 : -1;
    else across = facesAcross > 0 ? 1 : -1;
  }
  const z = random.between(0.1, 1) * solid.height * topShare(solid, along, across);
  return [
    solid.x + along * solid.halfLength * solid.ux - across * solid.halfWidth * solid.uy + 0.02 * random.bell(),
    solid.y + along * solid.halfLength * solid.uy + across * solid.halfWidth * solid.ux + 0.02 * random.bell(),
    z,
  ];
}

/**
 * The outline seen from the side: cars have a bonnet and a boot, trucks a lower cab roof, shrubs a
 * round top.
 *
 * @param {Solid} solid
 * @param {number} along
 * @param {number} across
 */
function topShare(solid, along, across) {
  if (solid.kind === 'car') return Math.abs(along) > 0.55 ? 0.62 : 1;
  if (solid.kind === 'truck') return along > 0.7 ? 0.8 : 1;
  if (solid.kind === 'shrub') return 1 - 0.6 * Math.max(along * along, across * across);
  return 1;
}

/**
 * Flat, slightly rough ground with low grass, denser near the sensor, and a few stray returns in
 * the air.
 *
 * @param {readonly Solid[]} solids
 * @param {DepthBuffer} depth
 * @param {RandomStream} random
 * @param {PointSink} sink
 */
function scanGround(solids, depth, random, sink) {
  const road = random.between(12, 40);
  for (let number = 0; number < GROUND_POINTS + STRAY_POINTS; number += 1) {
    const range = SENSOR_GAP_METRES / (1 - 0.93 * random.uniform());
    const [cosine, sine] = halfCircle(random.between(-1, 1));
    const x = SCENE_METRES / 2 + range * sine;
    const y = range * cosine - SENSOR_GAP_METRES;
    if (x < 0 || x >= SCENE_METRES || y < 0 || y >= SCENE_METRES) continue;
    const isStray = number >= GROUND_POINTS;
    const isGrass = random.chance(0.08);
    const z = isStray ? random.between(0, 4) : isGrass ? random.between(0, 0.4) : 0.03 * random.bell();
    const intensity = isStray ? random.between(1, 255) : road * (1 + 0.3 * random.bell()) + (isGrass ? 25 : 0);
    if (!isHidden(x, y, z, -1, solids, depth, random)) sink(x, y, z, intensity);
  }
}
