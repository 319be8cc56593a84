import { describe, expect, it } from 'vitest';
import type { ProfileEvent } from '../../../src/engine/session/kernel-profile.js';
import { operatorTimes } from '../../../src/engine/session/operator-times.js';

const provider = 'CPUExecutionProvider';

/** A kernel that began at `ts` and took `dur`, on numbers of the given type. */
function ran(node: string, op: string, ts: number, dur: number, type = 'float'): ProfileEvent {
  const shape = [{ [type]: [1, 4] }];
  const args = { provider, op_name: op, node_index: node, input_type_shape: shape, output_type_shape: shape };
  return { name: `${node}_kernel_time`, ts, dur, args };
}

const run = (ts: number, dur: number): ProfileEvent => ({ name: 'model_run', ts, dur });
const same = (name: string): string => name;

describe('operatorTimes', () => {
  it('is the median over runs, without those at the beginning', () => {
    const events = [
      ...[ran('a', 'Conv', 1, 900), run(0, 950)],
      ...[ran('a', 'Conv', 1001, 30), ran('b', 'Relu', 1040, 4), run(1000, 60)],
      ...[ran('a', 'Conv', 2001, 10), ran('b', 'Relu', 2040, 2), run(2000, 60)],
      ...[ran('a', 'Conv', 3001, 20), ran('b', 'Relu', 3040, 9), run(3000, 60)],
    ];
    expect(operatorTimes(events, same, new Set(['a', 'b']), 1)).toEqual([
      { node: 'a', op: 'Conv', kind: 'float', durationUs: 20 },
      { node: 'b', op: 'Relu', kind: 'float', durationUs: 4 },
    ]);
  });

  it('adds up the turns that an operator of a loop makes in one run', () => {
    const events = [ran('a', 'Mul', 1, 5), ran('a', 'Mul', 10, 6), run(0, 20), ran('a', 'Mul', 31, 7), run(30, 20)];
    expect(operatorTimes(events, same, new Set(['a']), 0)).toEqual([
      { node: 'a', op: 'Mul', kind: 'float', durationUs: 9 },
    ]);
  });

  it.each([
    ['QLinearConv', 'uint8', 'integer'],
    ['QGemm', 'uint8', 'integer'],
    ['MaxPool', 'uint8', 'integer'],
    ['MaxPool', 'float', 'float'],
    ['Concat', 'int8', 'integer'],
    // Numbers that indices and shapes are made of are no quantized ones.
    ['Gather', 'int64', 'float'],
    ['FusedConv', 'float', 'float'],
    ['QuantizeLinear', 'float', 'conversion'],
    ['DequantizeLinear', 'uint8', 'conversion'],
    ['ReorderOutput', 'float', 'conversion'],
  ])('calls %s on %s %s', (op, type, kind) => {
    expect(operatorTimes([ran('a', op, 1, 2, type), run(0, 9)], same, new Set(['a']), 0)[0]?.kind).toBe(kind);
  });

  it('calls a Transpose a conversion where the model has none of that name', () => {
    const events = [ran('own', 'Transpose', 1, 2), ran('inserted', 'Transpose', 4, 2), run(0, 9)];
    const kinds = operatorTimes(events, same, new Set(['own']), 0).map(({ node, kind }) => [node, kind]);
    expect(kinds).toEqual([
      ['own', 'float'],
      ['inserted', 'conversion'],
    ]);
  });

  it('knows nodes that were renamed for the profile by their own names', () => {
    const toOld = (name: string): string => (name === 'n0' ? 'say "x"' : name);
    const [time] = operatorTimes([ran('n0', 'Transpose', 1, 2), run(0, 9)], toOld, new Set(['say "x"']), 0);
    expect(time).toMatchObject({ node: 'say "x"', kind: 'float' });
  });
});
