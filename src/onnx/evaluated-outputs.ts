import { ModelError } from './model-error.js';
import type { OnnxModel } from './onnx-model.js';
import { TensorProto_DataType, type ValueInfoProto } from './proto/onnx_pb.js';
import { dataTypeName } from './tensor.js';

/** An output that is evaluated, as the model states it. */
export interface ModelOutput {
  readonly name: string;
  /** Type of its numbers, as messages store it; 0 when the model does not say. */
  readonly elemType: number;
  /** null where a dimension is free; null as a whole when the model does not say. */
  readonly shape: readonly (number | null)[] | null;
  /** Names of free axes, null for others `[rank]`; absent: none has a name. */
  readonly axisNames?: readonly (string | null)[];
}

/** What an experiment file says of outputs. */
export interface NamedOutputs {
  readonly output: string | null;
  /** Absent: null. */
  readonly outputs?: readonly string[] | null | undefined;
}

/** What a task takes of a model's outputs. */
export interface WantedOutputs {
  readonly outputs: 'one' | 'several';
  readonly readsIntegers: boolean;
}

const { BFLOAT16, BOOL, DOUBLE, FLOAT, FLOAT16, INT16, INT32, INT64, INT8, UINT16, UINT32, UINT64, UINT8 } =
  TensorProto_DataType;

/** 0: a model that does not say; it is run to see. */
const floats = new Set<number>([0, FLOAT, DOUBLE, FLOAT16, BFLOAT16]);
const integers = new Set<number>([INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL]);

/** Whether an output holds whole numbers or bool. */
export function isInteger({ elemType }: Pick<ModelOutput, 'elemType'>): boolean {
  return integers.has(elemType);
}

/**
 * The outputs whose numbers can be held against FP32's: those of floats, or all where there are
 * only integers.
 */
export function comparedOutputs<Output extends Pick<ModelOutput, 'elemType'>>(
  outputs: readonly Output[],
): readonly Output[] {
  const ofFloats = outputs.filter((output) => !isInteger(output));
  return ofFloats.length > 0 ? ofFloats : outputs;
}

/**
 * The outputs that are evaluated: those that are named, else all of floats, and of integers where
 * they are wanted or there are no others.
 *
 * @param wanted by the task; absent where there is none: all of floats
 * @throws ModelError naming the model's outputs when one is missing, ambiguous or holds no numbers
 */
export function evaluatedOutputs(
  model: OnnxModel,
  { output, outputs = null }: NamedOutputs,
  wanted: WantedOutputs = { outputs: 'several', readsIntegers: false },
): readonly ModelOutput[] {
  const all = model.graph.output;
  const names = all.map(({ name }) => name);
  if (output !== null && outputs !== null) {
    throw new ModelError('Expected model.output or model.outputs, got both. One output is a list of one.');
  }
  const named = outputs ?? (output === null ? null : [output]);
  if (named !== null) {
    const setting = outputs === null ? 'model.output' : 'model.outputs';
    checkNames(named, names, setting);
    if (wanted.outputs === 'one' && named.length > 1) {
      throw new ModelError(
        `Expected one output for this task, which scores one, got ${named.length} in model.outputs: ${listed(named)}. Name the one as model.output.`,
      );
    }
    return named.map((name) => numeric(all.find((info) => info.name === name)!));
  }
  if (wanted.outputs === 'one') {
    const [only] = all;
    if (only !== undefined && all.length === 1) return [numeric(only)];
    throw new ModelError(`The model has ${all.length} outputs: ${listed(names)}. Name one as model.output.`);
  }
  const ofFloats = all.filter((info) => floats.has(typeOf(info) ?? -1));
  const ofNumbers = all.filter((info) => floats.has(typeOf(info) ?? -1) || integers.has(typeOf(info) ?? -1));
  const taken = wanted.readsIntegers || ofFloats.length === 0 ? ofNumbers : ofFloats;
  if (taken.length > 0) return taken.map(numeric);
  const got = all.length === 0 ? 'none' : all.map((info) => `"${info.name}" (${typeText(info)})`).join(', ');
  throw new ModelError(`Expected an output of numbers, got ${got}.`);
}

function checkNames(named: readonly string[], names: readonly string[], setting: string): void {
  for (const [index, name] of named.entries()) {
    if (!names.includes(name)) {
      throw new ModelError(`Expected ${setting} to be one of ${listed(names)}, got "${name}".`);
    }
    if (named.indexOf(name) < index)
      throw new ModelError(`Expected each name once in ${setting}, got "${name}" twice.`);
  }
}

/** @throws ModelError where it holds no numbers */
function numeric(info: ValueInfoProto): ModelOutput {
  const { name } = info;
  const elemType = typeOf(info);
  if (elemType === null || !(floats.has(elemType) || integers.has(elemType))) {
    throw new ModelError(
      `Expected output "${name}" to be a tensor of numbers, got ${typeText(info)}. Name other outputs as model.outputs, or export the model without it.`,
    );
  }
  const dims = info.type?.tensorType?.shape?.dim;
  const shape =
    dims?.map(({ value }) => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null)) ?? null;
  const axisNames = (dims ?? []).map(({ value }) =>
    value.case === 'dimParam' && value.value !== '' ? value.value : null,
  );
  return { name, elemType, shape, ...(axisNames.some((axis) => axis !== null) ? { axisNames } : {}) };
}

/** Element type of a tensor, 0 when the model does not say; null for what is no tensor. */
function typeOf({ type }: ValueInfoProto): number | null {
  if (type === undefined) return 0;
  return type.tensorType === undefined ? null : type.tensorType.elemType;
}

function typeText(info: ValueInfoProto): string {
  const type = typeOf(info);
  return type === null ? 'a sequence, map or optional value' : `a tensor of ${dataTypeName(type)}`;
}

function listed(names: readonly string[]): string {
  return names.map((n) => `"${n}"`).join(', ');
}
