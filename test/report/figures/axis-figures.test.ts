import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compileChart } from '../../../src/report/charts/compile-chart.js';
import { readAxisEffects } from '../../../src/report/facts/axis-effects.js';
import { readSweepFacts } from '../../../src/report/facts/sweep-facts.js';
import type { ChartContent, Figure } from '../../../src/report/figures/figure.js';
import { axisEffects } from '../../../src/report/figures/sweep/axis-effects.js';
import { axisInteractions } from '../../../src/report/figures/sweep/axis-interactions.js';
import { parallelCoordinates } from '../../../src/report/figures/sweep/parallel-coordinates.js';
import { toRows } from '../../../src/report/query.js';
import { defaultSample, sampleDatabase, type SampleDatabase } from '../sample-database.js';
import { addOutcomes } from '../sample-outcomes.js';

const sweep = defaultSample.name;

function built(figure: Figure, database: SampleDatabase) {
  const facts = readSweepFacts(database.query, sweep)!;
  const rows = toRows(database.query(figure.sql(facts), []));
  return { rows, facts, content: figure.build(rows, facts) };
}

describe('figures of axes', () => {
  const grid = sampleDatabase({ methods: ['channel', 'view'], dynamic: false, alphas: [0.2, 0.5, 0.8] });
  const line = sampleDatabase({ dynamic: false, sizes: [200], alphas: [0.2, 0.5, 0.8] });
  const single = sampleDatabase({ dynamic: false, sizes: [200], alphas: [0.5] });
  beforeAll(() => {
    addOutcomes(grid.path);
    addOutcomes(line.path);
  });
  afterAll(() => {
    for (const database of [grid, line, single]) database.remove();
  });

  it('tell which axis matters most, with what its best value gains and the interval', () => {
    const { axes } = readAxisEffects(grid.query, sweep);
    const [first] = axes;
    expect(axes.map(({ path }) => path).sort()).toEqual([
      'data.calibration.batches',
      'smoothing.absmax',
      'smoothing.alpha',
    ]);
    expect(axes.map(({ rank }) => rank)).toEqual([1, 2, 3]);
    expect(first!.importance!).toBeGreaterThan(axes[1]!.importance!);
    expect(first!.gain!.effect).toBe(-first!.worst!.againstBest!.effect);
    expect(first!.best.againstBest).toBeNull();
    const { content } = built(axisEffects, grid);
    const { caption, panels } = content as ChartContent;
    expect(caption).toMatch(
      /^Alpha matters most, \d+\s% of the variance: 0\.\d instead of 0\.\d gains \d+\.\d\d\spoints \(\d+\.\d\d to \d+\.\d\d\)\./u,
    );
    expect(caption.length).toBeLessThanOrEqual(180);
    // Importance, and a panel for each axis, the most important first.
    expect(panels.map(({ title }) => title)).toEqual(['share of the variance', ...axes.map(({ name }) => name)]);
  });

  it('draw one axis without a share, and none where nothing varies', () => {
    const { panels } = built(axisEffects, line).content as ChartContent;
    expect(panels.map(({ title }) => title)).toEqual(['alpha']);
    expect(built(axisEffects, single).content.kind).toBe('absent');
    expect(built(axisInteractions, single).content.kind).toBe('absent');
    expect(readAxisEffects(single.query, sweep).axes).toEqual([]);
  });

  it('draw each setting through its values from three axes on', () => {
    const { rows, content } = built(parallelCoordinates, grid);
    const { caption, controls } = content as ChartContent;
    expect(rows).toHaveLength(12);
    expect(Object.keys(rows[0]!)).toEqual([
      ...['trial', 'label', 'value', 'alpha', 'calibration batches', 'absmax', 'settings', 'place'],
    ]);
    expect(caption).toMatch(/^All 12 settings/);
    expect(controls.map(({ label, options }) => [label, options.map((option) => option.label)])).toEqual([
      ['alpha', ['all', '0.8', '0.5', '0.2']],
      ['calibration batches', ['all', '1500', '200']],
      ['absmax', ['all', 'channel', 'view']],
    ]);
    expect(built(parallelCoordinates, line).content.kind).toBe('absent');
  });

  it('compile without a warning', () => {
    for (const figure of [axisEffects, axisInteractions, parallelCoordinates]) {
      const { content } = built(figure, grid);
      if (content.kind !== 'charts') continue;
      for (const { spec } of content.panels) expect(compileChart(spec).warnings).toEqual([]);
    }
  });
});
