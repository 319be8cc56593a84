import { describe, expect, it } from 'vitest';
import { findLayers } from '../../src/onnx/layers/layers.js';
import { targetNotes } from '../../src/prepare/target-notes.js';
import type { PlacingTargetName } from '../../src/targets/registry.js';
import { node } from '../onnx/build-model.js';
import { blockModel, conv, relu } from '../targets/placed-blocks.js';

function notes(nodes: Parameters<typeof blockModel>[0], target: PlacingTargetName): readonly string[] {
  const model = blockModel(nodes);
  return targetNotes(
    '/models/m.onnx',
    model,
    findLayers(model).flatMap((layer) => (layer.supported ? [layer] : [])),
    target,
  );
}

describe('targetNotes', () => {
  it('counts one and several in grammatical words', () => {
    expect(notes([conv('x', 'y')], 'tensorrt')[0]).toBe(
      'm.onnx on tensorrt: 1 tensor has a quantizer; of 1 operator 1 computes on integers, 0 pass them on, 0 stay in float. It follows published rules; it is not run here.',
    );
    const block = [
      conv('x', 'a'),
      relu('a', 'b'),
      node('MaxPool', ['b'], 'p'),
      conv('p', 'c'),
      node('Sin', ['c'], 'y'),
    ];
    expect(notes(block, 'onnxruntime-cpu')[0]).toBe(
      'm.onnx on onnxruntime-cpu: 4 tensors have quantizers; of 5 operators 3 compute on integers, 1 passes them on, 1 stays in float.',
    );
  });
});
