import { expect, it } from 'vitest';
import { layerSurplus, type LayerKernel } from '../../../../src/engine/jobs/place/layer-surplus.js';

const kernel = (op: string, durationUs: number, layer: string | null = null): LayerKernel => {
  const isConversion = /^(?:Q|Deq|Transpose|Reorder)/.test(op) && !op.startsWith('QL');
  return { op, durationUs, layer, kind: isConversion ? 'conversion' : op.startsWith('QL') ? 'integer' : 'float' };
};

it('counts conversions with the layers that they are for', () => {
  const integer = [
    kernel('QuantizeLinear', 4),
    kernel('Transpose', 2),
    kernel('QLinearConv', 10, 'a'),
    kernel('QLinearAdd', 100),
    kernel('Transpose', 6),
    kernel('QLinearConv', 20, 'b'),
    kernel('DequantizeLinear', 3),
  ];
  const float = [
    kernel('ReorderInput', 1),
    kernel('Conv', 5, 'a'),
    kernel('Add', 100),
    kernel('Conv', 40, 'b'),
    kernel('ReorderOutput', 4),
  ];
  // a: 10 + 4 + half of 2 (nothing is before it) + half of 6, against 5 + 0.5.
  // b: 20 + half of 6 + 3, against 40 + 2.
  expect(layerSurplus(integer, float)).toEqual(
    new Map([
      ['a', 18 - 5.5],
      ['b', 26 - 42],
    ]),
  );
});

it('says nothing of a layer that one profile does not name', () => {
  expect(layerSurplus([kernel('QLinearConv', 9, 'a')], [kernel('Conv', 1)])).toEqual(new Map());
});
