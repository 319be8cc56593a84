import { expect, it } from 'vitest';
import { judgeOutputs } from '../../src/reference/judge-outputs.js';
import { mergeNamedSurveys, OutputSurveyor, type NamedSurvey } from '../../src/reference/output-survey.js';

function survey(output: string, ...samples: readonly (readonly number[])[]): NamedSurvey {
  const surveyor = new OutputSurveyor();
  for (const sample of samples) surveyor.addOutput(1, Float32Array.from(sample), [1, sample.length]);
  return { output, survey: surveyor.survey() };
}

const fidelity = { kind: 'fidelity' } as const;
const constant = survey('anchors', [1, 2], [1, 2]);
const told = survey('scores', [1, 0], [0, 1]);

it('names one output of several that no sample changes, and leaves the others', () => {
  const [warning, ...more] = judgeOutputs(fidelity, [told, constant], 'Look.');
  expect(more).toEqual([]);
  expect([warning!.kind, warning!.voids]).toEqual(['constant-output', false]);
  expect(warning!.message).toContain(`FP32's output "anchors" is the same for all 2 evaluated samples`);
  expect(warning!.cause).toContain('Leave this one out: name the others as model.outputs.');
});

it('takes FP32 for no reference where all outputs tell nothing', () => {
  const found = judgeOutputs(fidelity, [constant, survey('bias', [3], [3])], 'Look.');
  expect(found.map(({ kind, voids }) => [kind, voids])).toEqual([
    ['constant-output', true],
    ['constant-output', true],
  ]);
  expect(judgeOutputs(fidelity, [constant], 'Look.')[0]!.message).toMatch(/^FP32's output is the same/);
});

it('says nothing of outputs whose size differs from sample to sample', () => {
  expect(judgeOutputs(fidelity, [survey('rows', [1, 1], [1], []), told], 'Look.')).toEqual([]);
});

it('joins what parts saw of each output, unless one saw nothing', () => {
  const merged = mergeNamedSurveys([
    [survey('a', [1]), survey('b', [5])],
    [survey('a', [2]), survey('b', [5])],
  ]);
  expect(merged.map(({ output, survey: { samples, highest } }) => [output, samples, highest])).toEqual([
    ['a', 2, 2],
    ['b', 2, 5],
  ]);
  expect(mergeNamedSurveys([[survey('a', [1])], undefined])).toEqual([]);
});
