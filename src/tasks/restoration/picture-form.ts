import { ANY_OUTPUT, type Misfit, type OutputShape } from '../output-shape.js';
import type { RestorationTask } from './restoration-settings.js';

type Length = number | null;

/** What is known of the pictures of an output; null where a length is not known. */
export interface PictureForm {
  readonly channels: Length;
  readonly height: Length;
  readonly width: Length;
}

/** An output as pictures: `[N, C, H, W]`, `[N, H, W, C]` by `layout`, or `[N, H, W]`. */
export function pictureForm(
  { layout, channel }: Pick<RestorationTask, 'layout' | 'channel'>,
  dims: OutputShape['dims'],
): PictureForm | { readonly misfit: Misfit } {
  const isLast = layout === 'channelsLast';
  const expected = `of shape ${isLast ? '[N, H, W, C]' : '[N, C, H, W]'}, pictures as task restoration compares them`;
  if (dims.length !== 3 && dims.length !== 4) return { misfit: { expected, what: '', advice: ANY_OUTPUT } };
  const [channels, height, width] = (
    dims.length === 3 ? [1, dims[1], dims[2]] : isLast ? [dims[3], dims[1], dims[2]] : dims.slice(1)
  ) as [Length, Length, Length];
  if (dims.length === 4 && channels !== null && channels > 4 && dims[isLast ? 1 : 3] !== null) {
    const other = dims[isLast ? 1 : 3]!;
    if (other <= 4) {
      const advice = `Set task.layout: ${isLast ? 'channelsFirst' : 'channelsLast'}.`;
      return { misfit: { expected, what: `, ${channels} channels`, advice } };
    }
  }
  if (channel === 'y' && channels !== null && channels !== 1 && channels !== 3) {
    const advice = 'Luma is of red, green and blue: set task.channel: all.';
    return { misfit: { expected: 'of 3 channels, or 1 of luma', what: `, ${channels} channels`, advice } };
  }
  return { channels, height, width };
}
