import { expect, it } from 'vitest';
import { frontierNotes } from '../../src/prepare/frontier-notes.js';
import { planWithBase } from '../plan/plan-text.js';
import { buildModel, node, value } from '../onnx/build-model.js';

const planOf = (goal: string) => planWithBase(`goal: ${goal}\ngrid:\n  - smoothing.alpha: 0.5\n`);
const model = buildModel({ nodes: [node('Relu', ['x'], 'y')], inputs: [value('x', [1, 1])], outputs: ['y'] });
const ofOpset = (opset: number) => ({ modelOf: () => ({ ...model, opset }) });

it('says where the file of few bits is for onnxruntime alone', () => {
  const plan = planOf('{ maxDrop: 1, minimize: size, bits: [4, 8, float] }');
  const [note, ...others] = frontierNotes(plan, ofOpset(17));
  expect(note).toMatch(/^Size of .*: opset 17 has no integers of 4 bits, .* domain com\.microsoft, .* to opset 21\.$/);
  expect(others).toEqual([]);
  expect(frontierNotes(plan, ofOpset(21))).toEqual([]);
});

it.each([
  '{ maxDrop: 1, minimize: size, bits: [5, 6, 8, float] }',
  '{ maxDrop: 1, minimize: bitOperations, bits: [4, 8] }',
])('says nothing of %s', (goal) => {
  expect(frontierNotes(planOf(goal), ofOpset(17))).toEqual([]);
});
