import { computedIntegers } from './computed-integers.js';
import { constantTensor } from '../constants.js';
import { readFloatAttribute, readIntsAttribute } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import type { NodeProto } from '../proto/onnx_pb.js';
import { FLOAT32, readFloatTensor } from '../tensor.js';

/**
 * The pads of a Conv with those of a Pad right in front of it; null where a Conv can't pad so: with
 * zeros, behind the axes of samples and channels.
 */
export function joinedPads(model: OnnxModel, pad: NodeProto, conv: NodeProto): readonly number[] | null {
  if (!addsZeros(model, pad)) return null;
  const given = (pad.input[1] ?? '') === '' ? readIntsAttribute(pad, 'pads') : computedIntegers(model, pad.input[1]!);
  if (given === null || (pad.input[3] ?? '') !== '' || given.some((count) => count < 0)) return null;
  const axes = given.length / 2;
  const [before, behind] = [given.slice(0, axes), given.slice(axes)];
  if ([...before.slice(0, 2), ...behind.slice(0, 2)].some((count) => count !== 0)) return null;
  const added = [...before.slice(2), ...behind.slice(2)];
  const autoPad = text(conv, 'auto_pad') ?? 'NOTSET';
  if (autoPad !== 'NOTSET' && autoPad !== 'VALID') return null;
  const own = (autoPad === 'VALID' ? null : readIntsAttribute(conv, 'pads')) ?? added.map(() => 0);
  return own.length === added.length ? added.map((count, place) => count + own[place]!) : null;
}

function addsZeros(model: OnnxModel, pad: NodeProto): boolean {
  if ((text(pad, 'mode') ?? 'constant') !== 'constant') return false;
  const value = pad.input[2] ?? '';
  if (value === '') return readFloatAttribute(pad, 'value', 0) === 0;
  const constant = constantTensor(model, value);
  return constant?.dataType === FLOAT32 && readFloatTensor(constant).every((number) => number === 0);
}

function text(node: NodeProto, name: string): string | null {
  const value = node.attribute.find((own) => own.name === name)?.s;
  return value === undefined ? null : new TextDecoder().decode(value);
}
