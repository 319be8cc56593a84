import { describe, expect, it } from 'vitest';

import { networkColours, storedQuantities } from '../../../../src/report/charts/graph/network-colours.js';

const empty = { position: null, trial: null, mode: null, l1: null, alpha: null, weight_bits: null, input_bits: null };

/** A layer of one trial; the node's number is its position's successor. */
function layer(position: number, trial: number, l1: number, more: Readonly<Record<string, unknown>> = {}) {
  return {
    ...empty,
    node: position + 1,
    position,
    trial,
    mode: 'accumulated',
    l1,
    weight_bits: 8,
    input_bits: 8,
    ...more,
  };
}

const losses = [0.001, 0.002, 0.01, 0.1, 0.5, 1].map((l1, position) => layer(position, 7, l1));
const choice = { field: 'l1', mode: 'accumulated', trial: 7 };

describe('networkColours', () => {
  it('divides losses into five steps of their logarithm, at numbers of two digits', () => {
    const { byNode, legend, title } = networkColours([{ ...empty, node: 0 }, ...losses], choice);
    // 0.001 to 1 are three decades: limits at 10^-2.4, 10^-1.8, 10^-1.2, 10^-0.6.
    expect(legend.map(({ text }) => text)).toEqual([
      ...['0.001 to 0.004', '0.004 to 0.016', '0.016 to 0.063', '0.063 to 0.25', '0.25 to 1'],
    ]);
    expect([...byNode].map(([node, { className }]) => `${node} ${className}`)).toEqual([
      ...['1 q0', '2 q0', '3 q1', '4 q3', '5 q4', '6 q4'],
    ]);
    expect(title).toMatch(/^L1, .*lower is better$/);
  });

  it('means the same by a colour in every trial', () => {
    const rows = [...losses, ...losses.map((row) => ({ ...row, trial: 8, l1: row.l1 / 1000 }))];
    const legends = [7, 8].map((trial) => networkColours(rows, { ...choice, trial }).legend);
    expect(legends[0]).toEqual(legends[1]);
    expect(legends[0]![0]!.text).toMatch(/^0\.000001 to |^1e-6 to /);
  });

  it('takes the rows of the chosen mode', () => {
    const rows = [...losses, ...losses.map((row) => ({ ...row, mode: 'isolated', l1: 5 }))];
    expect(networkColours(rows, { ...choice, mode: 'isolated' }).byNode.get(3)).toMatchObject({ text: '5' });
    expect(networkColours(rows, choice).byNode.get(3)).toMatchObject({ text: '0.01' });
  });

  it('gives decibels the strongest colour where they are fewest', () => {
    const rows = losses.map((row, index) => ({ ...row, sqnr_db: 10 * index }));
    const { byNode, legend } = networkColours(rows, { ...choice, field: 'sqnr_db' });
    expect([byNode.get(1)!.className, byNode.get(6)!.className]).toEqual(['q4', 'q0']);
    expect(legend[0]).toEqual({ className: 'q4', text: '0 to 10' });
  });

  it('gives each of few numbers a colour of its own', () => {
    const rows = losses.map((row, index) => ({ ...row, alpha: [0.3, 0.5, 0.7][index % 3] }));
    const { legend } = networkColours(rows, { ...choice, field: 'alpha' });
    expect(legend).toEqual([
      { className: 't0', text: '0.3' },
      { className: 't2', text: '0.5' },
      { className: 't4', text: '0.7' },
    ]);
  });

  it('marks what a trial leaves in float, with or without a loss', () => {
    const rows = [layer(0, 7, 0.1), layer(1, 7, 0.2, { weight_bits: null, input_bits: null })];
    const { byNode, hasFloat } = networkColours(rows, choice);
    expect([...byNode.values()].map(({ isFloat, text }) => [isFloat, text])).toEqual([
      [false, '0.1'],
      [true, '0.2'],
    ]);
    expect(hasFloat).toBe(true);
  });

  it('colours nothing where no trial has finished', () => {
    const rows = [{ ...empty, node: 1, position: 0 }];
    const { byNode, legend, title } = networkColours(rows, { field: null, mode: null, trial: null });
    expect([...byNode]).toEqual([[1, { className: 'none', text: '', isFloat: false }]]);
    expect([legend, title]).toEqual([[], '']);
  });

  it('puts a loss of 0 to the smallest', () => {
    const { byNode } = networkColours([...losses, layer(6, 7, 0)], choice);
    expect(byNode.get(7)).toMatchObject({ className: 'q0', text: '0' });
  });
});

describe('storedQuantities', () => {
  it('are those that some row has a number of', () => {
    expect(storedQuantities(losses).map(({ field }) => field)).toEqual(['l1', 'weight_bits', 'input_bits']);
  });
});
