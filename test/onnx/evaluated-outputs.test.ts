import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { evaluatedOutputs } from '../../src/onnx/evaluated-outputs.js';
import { TensorProto_DataType, TypeProtoSchema, ValueInfoProtoSchema } from '../../src/onnx/proto/onnx_pb.js';
import { buildModel, node, value } from './build-model.js';

const { BOOL, DOUBLE, FLOAT16, INT64, STRING } = TensorProto_DataType;
const several = { outputs: 'several', readsIntegers: false } as const;
const one = { outputs: 'one', readsIntegers: false } as const;
const unnamed = { output: null };

const names = ['boxes', 'labels', 'half', 'double', 'mask', 'text', 'map', 'unsaid'];
const model = buildModel({
  nodes: names.map((name) => node('Identity', ['x'], name)),
  outputs: [
    value('boxes', ['N', 4]),
    value('labels', ['N'], INT64),
    value('half', ['N'], FLOAT16),
    value('double', ['N'], DOUBLE),
    value('mask', ['N'], BOOL),
    value('text', ['N'], STRING),
    // A sequence or map: a type without a tensor.
    create(ValueInfoProtoSchema, { name: 'map', type: create(TypeProtoSchema, {}) }),
    'unsaid',
  ],
});
const namesOf = (...args: Parameters<typeof evaluatedOutputs>): readonly string[] =>
  evaluatedOutputs(...args).map(({ name }) => name);

describe('the outputs that are evaluated', () => {
  it('are those of floats, with those of integers where the task reads them', () => {
    expect(namesOf(model, unnamed)).toEqual(['boxes', 'half', 'double', 'unsaid']);
    expect(namesOf(model, unnamed, several)).toEqual(['boxes', 'half', 'double', 'unsaid']);
    expect(namesOf(model, unnamed, { outputs: 'several', readsIntegers: true })).toEqual([
      ...['boxes', 'labels', 'half', 'double', 'mask', 'unsaid'],
    ]);
  });

  it('are those of integers where there are no others', () => {
    const nodes = [node('ArgMax', ['x'], 'y'), node('Identity', ['x'], 'text')];
    const outputs = [value('y', ['N'], INT64), value('text', ['N'], STRING)];
    expect(namesOf(buildModel({ nodes, outputs }), unnamed, several)).toEqual(['y']);
    expect(() => evaluatedOutputs(buildModel({ nodes, outputs: [outputs[1]!] }), unnamed, several)).toThrow(
      'Expected an output of numbers, got "text" (a tensor of string).',
    );
  });

  it('are those that are named, in that order, of any type of numbers', () => {
    expect(namesOf(model, { output: null, outputs: ['mask', 'boxes'] }, several)).toEqual(['mask', 'boxes']);
    expect(namesOf(model, { output: 'labels' }, several)).toEqual(['labels']);
    expect(namesOf(model, { output: null, outputs: ['labels'] }, one)).toEqual(['labels']);
    expect(evaluatedOutputs(model, { output: 'boxes' })).toEqual([
      { name: 'boxes', elemType: 1, shape: [null, 4], axisNames: ['N', null] },
    ]);
  });

  it.each([
    [{ output: 'a' }, several, 'Expected model.output to be one of "boxes", "labels"'],
    [{ output: null, outputs: ['boxes', 'a'] }, several, 'Expected model.outputs to be one of "boxes", '],
    [{ output: null, outputs: ['mask', 'mask'] }, several, 'each name once in model.outputs, got "mask" twice'],
    [{ output: 'boxes', outputs: ['boxes'] }, several, 'Expected model.output or model.outputs, got both.'],
    [{ output: null, outputs: ['boxes', 'half'] }, one, 'got 2 in model.outputs: "boxes", "half". Name the one'],
    [{ output: null }, one, 'The model has 8 outputs: "boxes", "labels", '],
    [{ output: 'text' }, several, 'output "text" to be a tensor of numbers, got a tensor of string.'],
    [{ output: 'map' }, several, 'output "map" to be a tensor of numbers, got a sequence, map or optional value.'],
  ])('that %j names are refused under %j', (named, wanted, message) => {
    expect(() => evaluatedOutputs(model, named, wanted)).toThrow(message);
  });
});
