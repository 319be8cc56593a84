import { describe, expect, it } from 'vitest';
import type { LayerSettings } from '../../src/experiment/sections/settings.js';
import { findLayers } from '../../src/onnx/layers/layers.js';
import { bitsOfLayers, floatLayers, selectLayers } from '../../src/quantize/select-layers.js';
import { intAttribute } from '../../src/onnx/node.js';
import { buildModel, node, tensor } from '../onnx/build-model.js';
import { everyLayer } from './preparations.js';

const layers = findLayers(
  buildModel({
    nodes: [
      node('Conv', ['x', 'w'], 'a', [], '/stem/conv.1'),
      node('Conv', ['a', 'w'], 'b', [], '/stem/convX1'),
      node('Conv', ['b', 'w'], 'c', [], '/head[0]/conv'),
      node('Gemm', ['c', 'm'], 'd', [], '/head[0]/fc'),
      node('Gemm', ['d', 'm'], 'y', [intAttribute('transA', 1)], '/odd'),
    ],
    initializers: [tensor('w', [1, 1, 1, 1], [1]), tensor('m', [1, 1], [1])],
  }),
);

function select(settings: Partial<LayerSettings>): string[] {
  const ops = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'] as const;
  return selectLayers(layers, { ...everyLayer(...ops), ...settings }).map((l) => l.name);
}

describe('selectLayers', () => {
  it('selects every supported layer of the wanted operators', () => {
    expect(select({})).toEqual(['/stem/conv.1', '/stem/convX1', '/head[0]/conv', '/head[0]/fc']);
    expect(select({ ops: ['Gemm'] })).toEqual(['/head[0]/fc']);
  });

  it('takes only * and ? for wildcards', () => {
    expect(select({ include: ['/stem/conv.1'] })).toEqual(['/stem/conv.1']);
    expect(select({ include: ['/stem/conv?1'] })).toEqual(['/stem/conv.1', '/stem/convX1']);
    expect(select({ include: ['/head[0]*'] })).toEqual(['/head[0]/conv', '/head[0]/fc']);
    expect(select({ include: ['*conv'] })).toEqual(['/head[0]/conv']);
  });

  it('lets exclude win over include', () => {
    expect(select({ include: ['/stem/*', '*fc'], exclude: ['*X1'] })).toEqual(['/stem/conv.1', '/head[0]/fc']);
  });

  it('refuses a layer named outright that can not be quantized, with the reason', () => {
    expect(() => select({ include: ['/odd'] })).toThrow(
      `Layer "/odd" can't be quantized: its input is transposed (transA). Take it out of layers.include.`,
    );
  });

  it('says what the model has when nothing is selected', () => {
    expect(() => select({ ops: ['MatMul'] })).toThrow(
      'Expected at least one layer to quantize (layers.ops: MatMul, include: *), got none; the model has 3 Conv, 1 Gemm. Not supported: Gemm "/odd": its input is transposed (transA).',
    );
    expect(() => selectLayers([], everyLayer('Conv'))).toThrow('the model has no layer that can be quantized');
  });
});

describe('rules', () => {
  const rule = { precision: 'quantized', activationBits: null, weightBits: null } as const;

  it('leave the first, the last, or layers of a glob in float', () => {
    expect(select({ rules: [{ ...rule, match: 'first', precision: 'float' }] })).toEqual([
      '/stem/convX1',
      '/head[0]/conv',
      '/head[0]/fc',
    ]);
    expect(select({ ops: ['Conv'], rules: [{ ...rule, match: 'last', precision: 'float' }] })).toEqual([
      '/stem/conv.1',
      '/stem/convX1',
    ]);
    expect(select({ rules: [{ ...rule, match: '/stem/*', precision: 'float' }] })).toEqual([
      '/head[0]/conv',
      '/head[0]/fc',
    ]);
  });

  it('hold as a whole, the last that matches', () => {
    const rules = [
      { ...rule, match: '*', precision: 'float' as const },
      { ...rule, match: '/stem/*', activationBits: 4 },
      { ...rule, match: 'first', weightBits: 2 },
    ];
    expect(select({ rules })).toEqual(['/stem/conv.1', '/stem/convX1']);
    const bits = bitsOfLayers(layers, { ...everyLayer('Conv', 'Gemm'), rules });
    expect(bits.get('/stem/conv.1')).toEqual({ activation: null, weight: 2 });
    expect(bits.get('/stem/convX1')).toEqual({ activation: 4, weight: null });
  });

  it('say so where one matches nothing, with the nearest name', () => {
    expect(() => select({ rules: [{ ...rule, match: '/stem/conv.2' }] })).toThrow(
      'Expected layers.rules to match layers that are quantized, got match "/stem/conv.2", which matches none; did you mean "/stem/conv.1"?',
    );
  });

  it('must leave a layer to quantize', () => {
    expect(() => select({ rules: [{ ...rule, match: '*', precision: 'float' }] })).toThrow('keep all in float');
  });

  it('are named as the reason for a float layer', () => {
    const settings = { ...everyLayer('Conv'), rules: [{ ...rule, match: 'last', precision: 'float' as const }] };
    expect(floatLayers(layers, settings).map(({ layer, reason }) => [layer.name, reason])).toEqual([
      ['/head[0]/conv', 'layers.rules keep it in float'],
      ['/head[0]/fc', 'layers.ops has no Gemm'],
      ['/odd', 'layers.ops has no Gemm'],
    ]);
  });
});
