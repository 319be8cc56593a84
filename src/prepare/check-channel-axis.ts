import { formatOf, type DataSource } from '../formats/data-source.js';
import type { PreprocessSettings } from '../formats/preprocess/preprocess-settings.js';
import { inputChannelAxes } from '../onnx/layers/input-channel-axes.js';
import type { ModelIo } from '../onnx/model-io.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { InputError } from '../errors/input-error.js';

/** More than any image has. */
const MOST_IMAGE_CHANNELS = 4;

/** What is checked. */
export interface PreprocessedInput {
  readonly model: OnnxModel;
  readonly io: ModelIo;
  readonly source: DataSource;
  readonly preprocess: PreprocessSettings;
  /** Of a sample as the model is fed, without the batch axis. */
  readonly sampleShape: readonly number[];
}

/**
 * Preprocessing counts channels on the first axis of a sample. Checks that this is where they are,
 * wherever it matters: with `channelOrder: reverse`, and with `mean` or `std` whose numbers differ.
 * On another axis images come out upside down.
 *
 * The model tells, by what its convolutions read; else the format, or `layout: channelsLast`; else
 * the shape of an image. What none of them tells is refused.
 *
 * @throws InputError saying which axis has the channels, or that nothing tells
 */
export function checkChannelAxis({ model, io, source, preprocess, sampleShape }: PreprocessedInput): void {
  const setting = axisDependent(preprocess, sampleShape);
  if (setting === null) return;
  const shape = `[${['N', ...sampleShape].join(', ')}]`;
  const axes = inputChannelAxes(model, io.input, sampleShape.length + 1);
  const other = axes.find((axis) => axis !== 1);
  if (other !== undefined) {
    throw new InputError(
      `Expected a model that takes its channels on axis 1, [N, C, ...], where data.preprocess.${setting} counts them, got one that takes them on axis ${other} of ${shape} (input "${io.input}"). ` +
        `Leave data.preprocess.${setting} out and store samples that are preprocessed already, or give the model an input with channels first.`,
    );
  }
  const isKnown =
    axes.length > 0 ||
    formatOf(source).channels === 'first' ||
    // Told, not taken for granted.
    preprocess.layout === 'channelsLast' ||
    isFeatureVector(setting, sampleShape) ||
    isImage(sampleShape);
  if (isKnown) return;
  throw new InputError(
    `Expected samples that are known to have their channels first, where data.preprocess.${setting} counts them, got ${shape} from format ${source.format} and a model that does not tell (input "${io.input}" reaches no convolution). ` +
      `Set data.preprocess.layout to channelsLast if they are last, or leave data.preprocess.${setting} out and store samples that are preprocessed already.`,
  );
}

/** The setting whose result depends on which axis counts channels; null where there is none. */
function axisDependent(
  { channelOrder, mean, std }: PreprocessSettings,
  sampleShape: readonly number[],
): 'channelOrder' | 'mean' | 'std' | null {
  if (channelOrder === 'reverse' && sampleShape[0] !== 1) return 'channelOrder';
  const differ = (values: readonly number[] | null): boolean => values?.some((value) => value !== values[0]) ?? false;
  if (differ(mean)) return 'mean';
  return differ(std) ? 'std' : null;
}

/** A mean for each feature of a vector; its order is no order of colours. */
function isFeatureVector(setting: 'channelOrder' | 'mean' | 'std', sampleShape: readonly number[]): boolean {
  return sampleShape.length === 1 && setting !== 'channelOrder';
}

/** `[C, H, W]` with as many channels as images have, and a width that is none. */
function isImage(sampleShape: readonly number[]): boolean {
  const [channels, ...extent] = sampleShape;
  return extent.length === 2 && channels! <= MOST_IMAGE_CHANNELS && extent[1]! > MOST_IMAGE_CHANNELS;
}
