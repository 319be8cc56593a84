import { ModelError } from './model-error.js';
import type { OnnxModel } from './onnx-model.js';
import { evaluatedOutputs, type ModelOutput, type NamedOutputs, type WantedOutputs } from './evaluated-outputs.js';
import { dataTypeName, elementCount, FLOAT32 } from './tensor.js';
import { isSampleType } from './types/sample-types.js';

/** Numbers that one run is fed: 1 GB of float32. */
const LARGEST_FEED = 2 ** 28;

/** The input that samples are fed to and the outputs that are evaluated. */
export interface ModelIo {
  readonly input: string;
  /** The first of {@link outputs}. */
  readonly output: string;
  /** Those that are evaluated, in the order of the settings or else of the model: one at least. */
  readonly outputs: readonly ModelOutput[];
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
  /** Element type of the input, as messages store it; absent: float32. Samples are cast to it. */
  readonly inputType?: number;
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

/** What an experiment file calls the model's ends. */
export interface NamedEnds extends NamedOutputs {
  readonly input: string | null;
}

/**
 * Resolves the names of the experiment file against the model.
 *
 * @param wanted by the task; absent where there is none
 * @throws ModelError naming the model's inputs or outputs when the name is missing or ambiguous
 */
export function resolveModelIo(model: OnnxModel, names: NamedEnds, wanted?: WantedOutputs): ModelIo {
  const input = pickInput(names.input, model.index.inputs);
  const outputs = evaluatedOutputs(model, names, wanted);
  const type = samplesType(model, input);
  const further = model.index.inputs
    .filter((name) => name !== input)
    .map((name) => ({
      name,
      elemType: inputType(model, name)?.elemType ?? 0,
      shape: inputShape(model, name),
    }));
  const axisNames = namesOfAxes(model);
  const io = {
    ...{ input, output: outputs[0]!.name, outputs, inputShape: inputShape(model, input), further },
    ...(type === FLOAT32 ? {} : { inputType: type }),
  };
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

/** Type of the input that samples are fed to; float32 where the model does not say. */
function samplesType(model: OnnxModel, input: string): number {
  const stated = model.graph.input.find((i) => i.name === input)?.type;
  if (stated !== undefined && stated.tensorType === undefined) {
    throw new ModelError(
      `Expected input "${input}" to take a tensor, got a sequence or another type. Give the part of the model behind it.`,
    );
  }
  const type = stated?.tensorType?.elemType ?? FLOAT32;
  if (type === FLOAT32 || type === 0 || isSampleType(type)) return type || FLOAT32;
  throw new ModelError(
    `Expected input "${input}" to take numbers, got ${dataTypeName(type)}. Give the part of the model behind it.`,
  );
}

function pickInput(wanted: string | null, names: readonly string[]): string {
  if (wanted !== null) {
    if (names.includes(wanted)) return wanted;
    throw new ModelError(`Expected model.input to be one of ${listed(names)}, got "${wanted}".`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new ModelError(`The model has ${names.length} inputs: ${listed(names)}. Name one as model.input.`);
}

function listed(names: readonly string[]): string {
  return names.map((n) => `"${n}"`).join(', ');
}
