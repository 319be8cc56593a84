import { expect, it } from 'vitest';

import {
  gatherPredictions,
  mergePredictionStates,
  type PredictionState,
} from '../../../src/tasks/command/prediction-state.js';
import { batchOf } from '../../support/sample-batch.js';

function gather(sampleCount: number) {
  return gatherPredictions({ labels: null, groundTruth: null, referenceArgmax: null, sampleCount });
}

it('predictions are copied, and joined from parts', () => {
  const parts = [gather(3), gather(3)];
  const output = Float32Array.of(1, 2, 3, 4);
  parts[0]!.add(batchOf(1, 2, output, [2, 1, 2]));
  output.fill(0);
  parts[1]!.add(batchOf(0, 1, Float32Array.of(5, 6), [1, 1, 2]));
  expect(mergePredictionStates(parts.map((part) => part.state()))).toEqual({
    kind: 'command',
    coverage: Uint8Array.of(1, 1, 1),
    outputShape: [1, 2],
    chunks: [
      { first: 1, data: Float32Array.of(1, 2, 3, 4) },
      { first: 0, data: Float32Array.of(5, 6) },
    ],
  });
});

it('predictions of changing shape, twice, or beyond 512 MiB are refused', () => {
  const part = gather(4);
  part.add(batchOf(0, 1, Float32Array.of(1, 2), [1, 2]));
  expect(() => {
    part.add(batchOf(1, 1, Float32Array.of(1, 2), [1, 2, 1]));
  }).toThrow('Expected an output of shape [1, 2], got [1, 2, 1]');
  expect(() => {
    part.add(batchOf(0, 1, Float32Array.of(1, 2), [1, 2]));
  }).toThrow('got sample 0 a second time');
  expect(() => {
    gather(70_000_000).add(batchOf(0, 1, Float32Array.of(1, 2), [1, 2]));
  }).toThrow('at most 536870912 bytes for a metric by command, got 560000000 for 70000000 samples');
  const other = gather(4);
  other.add(batchOf(1, 1, Float32Array.of(1), [1, 1]));
  expect(() => mergePredictionStates([part.state(), other.state()] as PredictionState[])).toThrow(
    'Expected outputs of one shape, got [2] and [1]',
  );
});
