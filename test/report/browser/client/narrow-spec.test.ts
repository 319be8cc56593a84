import type { Spec } from 'vega';
import { describe, expect, it } from 'vitest';
import { narrowSpec } from '../../../../src/report/browser/client/narrow-spec.js';

describe('narrowSpec', () => {
  it('cuts the room of labels, wherever it is given, and widens none', () => {
    const spec: Spec = {
      axes: [
        { scale: 'x', orient: 'left', labelLimit: 240 },
        { scale: 'y', orient: 'left', labelLimit: 60 },
      ],
    };
    expect(narrowSpec(spec).axes).toMatchObject([{ labelLimit: 110 }, { labelLimit: 60 }]);
  });

  it('shortens names of layers in the middle', () => {
    const spec: Spec = { signals: [{ name: 'layerNames', value: { 0: '/conv1', 1: '/layer4/layer4.1/conv2/Conv' } }] };
    expect(narrowSpec(spec).signals).toEqual([{ name: 'layerNames', value: { 0: '/conv1', 1: '/layer…conv2/Conv' } }]);
  });

  it('puts the legend’s title above two columns', () => {
    expect(narrowSpec({ config: { legend: { offset: 6 } } }).config).toEqual({
      legend: { offset: 6, titleOrient: 'top', columns: 2 },
    });
  });

  it('leaves the chart of a wide place as it was', () => {
    const spec: Spec = { signals: [{ name: 'layerNames', value: { 0: 'a name of more than seventeen letters' } }] };
    const before = structuredClone(spec);
    narrowSpec(spec);
    expect(spec).toEqual(before);
  });
});
