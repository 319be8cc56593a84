import { DatasetError } from '../../formats/dataset-error.js';
import type { SampleOrigin } from '../../formats/sample-origin.js';
import type { Region } from './compared-planes.js';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** The same part of an output and of its truth. */
export interface ComparedRegions {
  readonly output: Region;
  readonly truth: Region;
}

/**
 * Which pixels of an output belong to which of the truth: all where both are of one size; where the
 * picture was cropped or padded to become the sample, those that show it. A border of `crop` pixels
 * is left out.
 *
 * @param extent height and width of the sample; null: not known
 * @throws DatasetError when sizes don't fit each other, or the picture was resized
 */
export function comparedRegions(
  output: Size,
  truth: Size & { readonly where: string },
  origin: SampleOrigin | null,
  extent: readonly [number, number] | null,
  crop: number,
): ComparedRegions {
  const placement = origin?.placement ?? null;
  const picture = origin?.size ?? null;
  const placed =
    placement !== null && picture !== null && extent !== null && !fills(placement, picture, extent) ? placement : null;
  if (placed !== null && (placed.scaleX !== 1 || placed.scaleY !== 1)) {
    throw new DatasetError({
      expected: 'pictures that are cropped or padded to become samples',
      got: `${origin?.name ?? 'one'}, which is resized as well`,
      where: truth.where,
      advice: 'Restoration is compared pixel by pixel: leave resize and letterbox out, or give truth as a .npy file.',
    });
  }
  const scale = extent === null ? null : output.height / extent[0];
  const [rows, columns] =
    placed === null || scale === null
      ? [along(output.height, truth.height, 0), along(output.width, truth.width, 0)]
      : [along(output.height, truth.height, placed.top * scale), along(output.width, truth.width, placed.left * scale)];
  const fitsPicture =
    placed === null || scale === null || picture === null
      ? output.height === truth.height && output.width === truth.width
      : truth.height === picture[0] * scale && truth.width === picture[1] * scale;
  if (!fitsPicture) throw wrongSize(output, truth, placed === null ? null : scale);
  if (rows.length <= 2 * crop || columns.length <= 2 * crop) {
    throw new DatasetError({
      expected: `more than ${2 * crop} pixels each way, as task.crop leaves out ${crop} along each border`,
      got: `${rows.length} x ${columns.length}`,
      where: truth.where,
    });
  }
  const size = { height: rows.length - 2 * crop, width: columns.length - 2 * crop };
  return {
    output: { top: rows.output + crop, left: columns.output + crop, ...size },
    truth: { top: rows.truth + crop, left: columns.truth + crop, ...size },
  };
}

/** Where output and truth overlap, the truth's first pixel at `offset` of the output. */
function along(output: number, truth: number, offset: number) {
  const from = Math.max(0, Math.round(offset));
  const to = Math.min(output, Math.round(offset) + truth);
  return { output: from, truth: from - Math.round(offset), length: Math.max(0, to - from) };
}

function fills(
  { scaleX, scaleY, left, top }: NonNullable<SampleOrigin['placement']>,
  [height, width]: readonly [number, number],
  extent: readonly [number, number],
): boolean {
  const isWhole = Math.abs(scaleY * height - extent[0]) < 1e-6 && Math.abs(scaleX * width - extent[1]) < 1e-6;
  return left === 0 && top === 0 && isWhole;
}

function wrongSize(output: Size, truth: Size & { readonly where: string }, scale: number | null): DatasetError {
  return new DatasetError({
    expected:
      scale === null
        ? `a picture of ${output.height} x ${output.width} pixels (height x width), as the output has`
        : `a picture ${scale} times as large as the sample's, as the output is to its sample`,
    got: `${truth.height} x ${truth.width}`,
    where: truth.where,
    advice: 'Truth must be of the size that the model makes of a sample.',
  });
}
