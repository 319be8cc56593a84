import { describe, expect, it } from 'vitest';
import { compileChart } from '../../src/report/charts/compile-chart.js';
import { layerDamage } from '../../src/report/figures/sweep/layer-damage.js';
import { buildFigure } from './build-figure.js';

/** Weight and input alone; the first five layers lose more by their weight. */
const split = `INSERT INTO layer_loss (trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs)
  SELECT trial_id, layer_id, 'weight', l1, rel_l1, mse * iif(layer_id < 1005, 0.75, 0.125), sqnr_db - 10 * log10(iif(layer_id < 1005, 0.75, 0.125)), cosine, max_abs
  FROM layer_loss WHERE mode = 'isolated';
  INSERT INTO layer_loss (trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs)
  SELECT trial_id, layer_id, 'activation', l1, rel_l1, mse * 0.25, sqnr_db - 10 * log10(0.25), cosine, max_abs
  FROM layer_loss WHERE mode = 'isolated'`;

describe('weight or input', () => {
  it('splits the squared error of each layer, the worst layer first', () => {
    const { rows, content, database } = buildFigure(layerDamage, split);
    if (content.kind !== 'charts') throw new Error(`Expected charts, got ${content.kind}`);
    expect(content.caption).toMatch(/^7 of 12 layers lose more by their input than by their weight \(best: /);
    expect(content.controls.map(({ param }) => param)).toEqual(['trial', 'as']);
    const trial = rows[0]!['trial'];
    const own = rows.filter((row) => row['trial'] === trial);
    expect(own).toHaveLength(12);
    for (const row of own) {
      const isHeavy = (row['position'] as number) < 5;
      expect(row['weight_share']).toBeCloseTo(isHeavy ? 0.75 : 1 / 3, 3);
      expect((row['interaction_mse'] as number) / (row['isolated_mse'] as number)).toBeCloseTo(isHeavy ? 0 : 0.625, 2);
      expect((row['weight_noise'] as number) / (row['isolated_noise'] as number)).toBeCloseTo(
        isHeavy ? 0.75 : 0.125,
        3,
      );
    }
    const noise = own.map((row) => row['isolated_noise'] as number);
    expect(noise).toEqual([...noise].sort((a, b) => b - a));
    expect(compileChart(content.panels[0]!.spec).warnings).toEqual([]);
    // 10^(-dB/10) is the error over the square of the output.
    const db = database.query(
      `SELECT sqnr_db FROM v_layer_loss WHERE trial = ${trial} AND position = ${own[0]!['position']} AND mode = 'isolated'`,
      [],
    ).rows[0]![0] as number;
    expect(noise[0]! / 10 ** (-db / 10)).toBeCloseTo(1, 3);
  });

  it('has no share where nothing is lost', () => {
    const none = `${split}; UPDATE layer_loss SET mse = 0, sqnr_db = NULL WHERE layer_id = 1003`;
    const { rows, content } = buildFigure(layerDamage, none);
    expect(rows.find((row) => row['position'] === 3)).toMatchObject({ weight_share: null, weight_noise: null });
    expect(content.kind).toBe('charts');
  });

  it('names the setting that brings the losses where they are missing', () => {
    const { content } = buildFigure(layerDamage, '');
    expect(content).toMatchObject({
      kind: 'absent',
      note: expect.stringContaining('loss.modes: [accumulated, isolated, weight, activation]') as string,
    });
  });
});
