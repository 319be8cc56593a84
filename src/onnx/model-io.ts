import { ModelError } from './model-error.js';
import type { OnnxModel } from './onnx-model.js';
import type { ValueInfoProto } from './proto/onnx_pb.js';
import { dataTypeName, elementCount, FLOAT32 } from './tensor.js';

/** Numbers that one run is fed: 1 GB of float32. */
const LARGEST_FEED = 2 ** 28;

/** The input that samples are fed to and the output that is evaluated. */
export interface ModelIo {
  readonly input: string;
  readonly output: string;
  /**
   * Shape of the input, batch axis first; null where a dimension is free. Null when the model does
   * not say.
   */
  readonly inputShape: readonly (number | null)[] | null;
  /** The model's other inputs, in its order. */
  readonly further: readonly FurtherModelInput[];
  /**
   * Names of the free axes of every input, null for others: axes of one name have one length.
   * Absent: none has a name.
   */
  readonly axisNames?: AxisNames;
}

/** By input. */
export type AxisNames = ReadonlyMap<string, readonly (string | null)[]>;

/** An input that is not fed with samples. */
export interface FurtherModelInput {
  readonly name: string;
  /** Type of its numbers, as messages store it; 0 when the model does not say. */
  readonly elemType: number;
  /** null where a dimension is free; null as a whole when the model does not say. */
  readonly shape: readonly (number | null)[] | null;
}

/**
 * Resolves the names of the experiment file against the model.
 *
 * @throws ModelError naming the model's inputs or outputs when the name is missing or ambiguous
 */
export function resolveModelIo(model: OnnxModel, names: { input: string | null; output: string | null }): ModelIo {
  const input = pick('input', names.input, model.index.inputs);
  const output = pick('output', names.output, [...model.index.outputs]);
  checkFloat('input', model.graph.input, input);
  checkFloat('output', model.graph.output, output);
  const further = model.index.inputs
    .filter((name) => name !== input)
    .map((name) => ({
      name,
      elemType: inputType(model, name)?.elemType ?? 0,
      shape: inputShape(model, name),
    }));
  const axisNames = namesOfAxes(model);
  const io = { input, output, inputShape: inputShape(model, input), further };
  return axisNames.size === 0 ? io : { ...io, axisNames };
}

function namesOfAxes(model: OnnxModel): AxisNames {
  const names = model.index.inputs.map((name) => {
    const dims = inputType(model, name)?.shape?.dim ?? [];
    return [
      name,
      dims.map(({ value }) => (value.case === 'dimParam' && value.value !== '' ? value.value : null)),
    ] as const;
  });
  return new Map(names.filter(([, axes]) => axes.some((axis) => axis !== null)));
}

function inputType(model: OnnxModel, name: string) {
  return model.graph.input.find((i) => i.name === name)?.type?.tensorType;
}

function inputShape(model: OnnxModel, name: string): readonly (number | null)[] | null {
  const dims = inputType(model, name)?.shape?.dim;
  const shape = dims?.map(({ value }) => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null));
  return shape ?? null;
}

/**
 * Checks that samples of the given shape fit the input.
 *
 * @throws ModelError with both shapes
 */
export function checkSampleShape(io: ModelIo, sampleShape: readonly number[]): void {
  if (io.inputShape === null) return;
  const batch = fixedBatchSize(io) ?? 1;
  if (batch * elementCount(sampleShape) > LARGEST_FEED) {
    throw new ModelError(
      `Expected input "${io.input}" to take at most ${LARGEST_FEED} numbers a run, got a batch of ${batch} samples of shape [${sampleShape.join(', ')}], which the model fixes.`,
    );
  }
  const expected = io.inputShape.slice(1);
  if (accepts(expected, sampleShape)) return;
  const [channels, ...extent] = sampleShape;
  const isLast = extent.length > 1 && accepts(expected, [...extent, channels!]);
  const advice = isLast
    ? 'The model takes channels last: set data.preprocess.feed to channelsLast.'
    : 'Check data and data.preprocess.layout.';
  throw new ModelError(
    `Expected samples of shape [${expected.map((d) => d ?? 'any').join(', ')}] for input "${io.input}", got [${sampleShape.join(', ')}]. ${advice}`,
  );
}

function accepts(expected: readonly (number | null)[], shape: readonly number[]): boolean {
  return expected.length === shape.length && expected.every((dim, i) => dim === null || dim === shape[i]);
}

/**
 * The number of samples that every run must have, where the model fixes its batch axis; else null.
 */
export function fixedBatchSize(io: ModelIo): number | null {
  return io.inputShape?.[0] ?? null;
}

function checkFloat(what: 'input' | 'output', values: readonly ValueInfoProto[], name: string): void {
  const type = values.find((v) => v.name === name)?.type?.tensorType;
  if (type === undefined || type.elemType === FLOAT32) return;
  throw new ModelError(`Expected ${what} "${name}" to be float32, got ${dataTypeName(type.elemType)}.`);
}

function pick(what: 'input' | 'output', wanted: string | null, names: readonly string[]): string {
  if (wanted !== null) {
    if (names.includes(wanted)) return wanted;
    throw new ModelError(`Expected model.${what} to be one of ${listed(names)}, got "${wanted}".`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new ModelError(`The model has ${names.length} ${what}s: ${listed(names)}. Name one as model.${what}.`);
}

function listed(names: readonly string[]): string {
  return names.map((n) => `"${n}"`).join(', ');
}
