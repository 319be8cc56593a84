import type { InputFacts, ModelFacts } from './model-facts.js';

/** The input that samples are fed to, with the shape of one sample. */
export interface MainInput {
  readonly name: string;
  readonly type: string;
  /** Without the axis of samples, as the model is fed. */
  readonly sampleShape: readonly number[];
  /** Where the channels of a picture are; `none`: the input is no picture. */
  readonly layout: 'channelsFirst' | 'channelsLast' | 'none';
  /** Height and width of a picture; null for others. */
  readonly size: readonly [number, number] | null;
  /** Axes of a sample whose length the model leaves open, and so was chosen. */
  readonly chosen: readonly number[];
  /** Names of the other inputs. */
  readonly others: readonly string[];
}

/** Side of a picture where nothing tells. */
const SIDE = 224;
/** Of detectors, as their exporters have it. */
const DETECTOR_SIDE = 640;
/** Length of a sequence where nothing tells: a second of speech. */
const SEQUENCE = 16_000;

/**
 * The input that looks most like samples: of floats or bytes, of the highest rank. Open lengths get
 * the size of the metadata, or a usual one.
 *
 * @param size height and width, given by a person
 */
export function mainInput(
  {
    inputs,
    metadata,
    outputs,
    producer,
    path,
  }: Pick<ModelFacts, 'inputs' | 'metadata' | 'outputs' | 'producer' | 'path'>,
  given: { readonly input: string | null; readonly size: readonly [number, number] | null },
): MainInput | null {
  const ranked = [...inputs].sort((a, b) => likeness(b) - likeness(a));
  const main = given.input === null ? ranked[0] : inputs.find(({ name }) => name === given.input);
  if (main === undefined) return null;
  const stated = main.shape?.slice(1) ?? null;
  const layout = layoutOf(main);
  const isDetector = 'stride' in metadata || outputs.some(({ shape }) => shape?.length === 3);
  const size =
    given.size ??
    sizeOfMetadata(metadata) ??
    sizeOfPaddle({ producer, path, outputs }) ??
    squareOf(isDetector ? DETECTOR_SIDE : SIDE);
  const chosen: number[] = [];
  const shape = stated ?? (layout === 'none' ? [SEQUENCE] : [3, null, null]);
  const [first, last] = layout === 'channelsLast' ? [0, 2] : [1, 0];
  const sampleShape = shape.map((length, axis) => {
    if (typeof length === 'number' && length > 0) return length;
    chosen.push(axis);
    if (layout === 'none') return shape.length === 1 || axis === shape.length - 1 ? SEQUENCE : 1;
    if (axis === last) return 3;
    return axis === first ? size[0] : size[1];
  });
  return {
    ...{ name: main.name, type: main.type, sampleShape, layout, chosen },
    size: layout === 'none' ? null : ([sampleShape[first]!, sampleShape[first + 1]!] as const),
    others: inputs.filter(({ name }) => name !== main.name).map(({ name }) => name),
  };
}

function squareOf(side: number): readonly [number, number] {
  return [side, side];
}

function likeness({ type, shape }: InputFacts): number {
  const rank = shape?.length ?? 4;
  const isNumber = /^(float|float16|bfloat16|double|uint8)$/.test(type);
  return (isNumber ? 10 : 0) + (rank === 4 ? 5 : rank);
}

/** By what convolutions read, or else by which axis has 1 or 3 lengths. */
function layoutOf({ shape, channelAxes }: InputFacts): MainInput['layout'] {
  const rank = shape?.length ?? (channelAxes.length > 0 ? 4 : 0);
  if (rank !== 4) return 'none';
  if (channelAxes.includes(3)) return 'channelsLast';
  if (channelAxes.includes(1)) return 'channelsFirst';
  return shape![3] === 3 || (shape![3] === 1 && shape![1] !== 1) ? 'channelsLast' : 'channelsFirst';
}

/** `imgsz` of ultralytics: `[640, 640]`, height first, or `640`. */
function sizeOfMetadata({ imgsz }: ModelFacts['metadata']): readonly [number, number] | null {
  const sides = imgsz?.match(/\d+/g)?.map(Number) ?? [];
  const [height, width = height] = sides;
  return height === undefined || width === undefined ? null : [height, width];
}

/** PP-OCR: angles 48 x 192, recognition 48 x 320; text detection takes what it gets. */
function sizeOfPaddle({
  producer,
  path,
  outputs,
}: Pick<ModelFacts, 'producer' | 'path' | 'outputs'>): readonly [number, number] | null {
  if (!isPaddle({ producer, path })) return null;
  const rank = outputs[0]?.shape?.length;
  return rank === 2 ? [48, 192] : rank === 3 ? [48, 320] : null;
}

/** By its exporter, or by its name. */
export function isPaddle({ producer, path }: Pick<ModelFacts, 'producer' | 'path'>): boolean {
  return /paddle|pp-?ocr/i.test(`${producer} ${path.split(/[\\/]/).at(-1) ?? ''}`);
}
