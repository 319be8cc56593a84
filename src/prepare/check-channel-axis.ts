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
 * Preprocessing counts channels on the first axis of a sample, with `feed: channelsLast` on the
 * last. Checks that this is where they are, wherever it matters: with `channelOrder: reverse`, with
 * `mean` or `std` whose numbers differ, and with `feed: channelsLast`. On another axis images come
 * out upside down.
 *
 * The model tells, by what its convolutions read; else the format, or `layout` or `feed` of
 * channelsLast; else the shape of an image. What none of them tells is refused.
 *
 * @throws InputError saying which axis has the channels, or that nothing tells
 */
export function checkChannelAxis({ model, io, source, preprocess, sampleShape }: PreprocessedInput): void {
  const setting = axisDependent(preprocess, sampleShape);
  if (setting === null) return;
  const shape = `[${['N', ...sampleShape].join(', ')}]`;
  const axes = inputChannelAxes(model, io.input, sampleShape.length + 1);
  const isFedLast = preprocess.feed === 'channelsLast';
  const expected = isFedLast ? sampleShape.length : 1;
  const other = axes.find((axis) => axis !== expected);
  if (other !== undefined) {
    const wanted = isFedLast
      ? `axis ${expected}, the last, as data.preprocess.feed channelsLast says`
      : 'axis 1, [N, C, ...]';
    throw new InputError(
      `Expected a model that takes its channels on ${wanted}, where data.preprocess.${setting} counts them, got one that takes them on axis ${other} of ${shape} (input "${io.input}"). ` +
        adviceOf(setting, other, sampleShape.length, isFedLast),
    );
  }
  const isKnown =
    axes.length > 0 ||
    formatOf(source).channels === 'first' ||
    // Told, not taken for granted.
    preprocess.layout === 'channelsLast' ||
    isFedLast ||
    isFeatureVector(setting, sampleShape) ||
    isImage(sampleShape);
  if (isKnown) return;
  throw new InputError(
    `Expected samples that are known to have their channels first, where data.preprocess.${setting} counts them, got ${shape} from format ${source.format} and a model that does not tell (input "${io.input}" reaches no convolution). ` +
      `Set data.preprocess.layout to channelsLast if they are last, or leave data.preprocess.${setting} out and store samples that are preprocessed already.`,
  );
}

type AxisSetting = 'channelOrder' | 'mean' | 'std' | 'feed';

/** The setting whose result depends on which axis counts channels; null where there is none. */
function axisDependent(
  { channelOrder, mean, std, feed }: PreprocessSettings,
  sampleShape: readonly number[],
): AxisSetting | null {
  const channels = feed === 'channelsLast' ? sampleShape.at(-1) : sampleShape[0];
  if (channelOrder === 'reverse' && channels !== 1) return 'channelOrder';
  const differ = (values: readonly number[] | null): boolean => values?.some((value) => value !== values[0]) ?? false;
  if (differ(mean)) return 'mean';
  if (differ(std)) return 'std';
  return feed === 'channelsLast' && sampleShape.length > 1 && channels !== 1 ? 'feed' : null;
}

/**
 * @param other axis of the model's channels
 * @param rank of a sample, so also the last axis of a batch
 */
function adviceOf(setting: AxisSetting, other: number, rank: number, isFedLast: boolean): string {
  if (!isFedLast && other === rank) {
    return `Set data.preprocess.feed to channelsLast, and data.preprocess.layout too if samples are stored so; or leave data.preprocess.${setting} out and store samples that are preprocessed already.`;
  }
  if (isFedLast && other === 1) return 'Leave data.preprocess.feed out: it is channelsFirst then.';
  return `Leave data.preprocess.${setting} out and store samples that are preprocessed already, or give the model an input with channels first.`;
}

/** A mean for each feature of a vector; its order is no order of colours. */
function isFeatureVector(setting: AxisSetting, sampleShape: readonly number[]): boolean {
  return sampleShape.length === 1 && setting !== 'channelOrder';
}

/** `[C, H, W]` with as many channels as images have, and a width that is none. */
function isImage(sampleShape: readonly number[]): boolean {
  const [channels, ...extent] = sampleShape;
  return extent.length === 2 && channels! <= MOST_IMAGE_CHANNELS && extent[1]! > MOST_IMAGE_CHANNELS;
}
