import type { Picture } from './picture-truth.js';
import type { RestorationTask } from './restoration-settings.js';

/** Part of a picture, in its pixels. */
export interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The numbers of a picture that are compared, 0..255, plane after plane, `[planes, height, width]`
 * of the region: rounded to 8 bits where the task says so, of RGB the luma alone where it says so.
 */
export function comparedPlanes(picture: Picture, region: Region, task: Pick<RestorationTask, 'round' | 'channel'>) {
  const { channels, data, range, isBgr } = picture;
  const gain = 255 / range;
  const size = region.height * region.width;
  const planes = Array.from({ length: channels }, () => new Float64Array(size));
  const [byChannel, byPixel] = picture.isChannelsLast ? [1, channels] : [picture.height * picture.width, 1];
  for (const [channel, plane] of planes.entries()) {
    let to = 0;
    for (let row = 0; row < region.height; row += 1) {
      const start = (region.top + row) * picture.width + region.left;
      for (let pixel = start; pixel < start + region.width; pixel += 1) {
        const value = data[channel * byChannel + pixel * byPixel]! * gain;
        plane[to] = task.round ? toByte(value) : value;
        to += 1;
      }
    }
  }
  if (isBgr && channels === 3) planes.reverse();
  return task.channel === 'y' && channels === 3 ? [luma(planes)] : planes;
}

/** Half to even, as NumPy's `round`. */
function toByte(value: number): number {
  const clamped = Math.min(255, Math.max(0, value));
  const down = Math.floor(clamped);
  const rest = clamped - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/** ITU-R BT.601 in 16..235 as MATLAB's `rgb2ycbcr` has it, not rounded. */
function luma([red, green, blue]: readonly Float64Array[]): Float64Array {
  return red!.map((value, pixel) => 16 + (65.481 * value + 128.553 * green![pixel]! + 24.966 * blue![pixel]!) / 255);
}
