import { TensorProto_DataType } from '../proto/onnx_pb.js';

/** Whole numbers up to here are the ones that float32 holds all of. */
export const LARGEST_EXACT = 2 ** 24;

/** The whole numbers that an integer type holds of those that float32 holds exactly. */
interface WholeRange {
  readonly least: number;
  readonly most: number;
}

const { BOOL, INT16, INT32, INT64, INT8, UINT16, UINT32, UINT64, UINT8 } = TensorProto_DataType;

const ranges: ReadonlyMap<number, WholeRange> = new Map([
  [BOOL, { least: 0, most: 1 }],
  [UINT8, { least: 0, most: 255 }],
  [INT8, { least: -128, most: 127 }],
  [UINT16, { least: 0, most: 65535 }],
  [INT16, { least: -32768, most: 32767 }],
  [INT32, { least: -LARGEST_EXACT, most: LARGEST_EXACT }],
  [INT64, { least: -LARGEST_EXACT, most: LARGEST_EXACT }],
  [UINT32, { least: 0, most: LARGEST_EXACT }],
  [UINT64, { least: 0, most: LARGEST_EXACT }],
]);

/** Whether samples, which are float32, can be fed as numbers of the type; float32 is not asked. */
export function isSampleType(type: number): boolean {
  return ranges.has(type);
}

/**
 * The first number that an integer type can't hold: a fraction, one beyond its range or beyond
 * 2^24, up to which float32 holds every whole number; null where it holds all of them.
 */
export function firstUnfit(values: Float32Array, type: number): number | null {
  const { least, most } = ranges.get(type)!;
  const index = values.findIndex((value) => !Number.isInteger(value) || value < least || value > most);
  return index < 0 ? null : index;
}

/** e.g. `whole numbers within 0..255`. */
export function rangeText(type: number): string {
  const { least, most } = ranges.get(type)!;
  return `whole numbers within ${least}..${most}`;
}
