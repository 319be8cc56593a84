import { describe, expect, it, onTestFinished } from 'vitest';
import { compileChart } from '../../src/report/charts/compile-chart.js';
import { pageFigures } from '../../src/report/figures/page-figures.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import type { PageId } from '../../src/report/addresses/site-map.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { sampleSweep } from './build-figure.js';
import { sampleDatabase } from './sample-database.js';

/** Every trial with settings that give it second moments, as stored. */
const settings = `UPDATE trial SET settings = json_set(settings, '$.quantization.rounding', json('{"inputs":"float"}'))
  WHERE role <> 'fp32'`;

/** The prediction is a tenth above what was measured, of the first layer twice that. */
const predicted = `${settings};
  INSERT INTO predicted_loss (trial_id, layer_id, weight_mse, input_mse, input_noise, power, samples, product_share)
  SELECT trial_id, layer_id, mse * iif(layer_id = (SELECT min(id) FROM layer), 1.5, 0.4), mse * iif(layer_id = (SELECT min(id) FROM layer), 0.5, 0.7), 'uniform', mse * 1000, 256, 1
  FROM layer_loss WHERE mode = 'isolated'`;

function figureOf(change: string, page: (trial: number) => PageId) {
  const database = sampleDatabase({});
  onTestFinished(() => {
    database.remove();
  });
  const tables = openDatabase(database.path);
  tables.exec(change);
  tables.close();
  const sweep = readSweepFacts(database.query, sampleSweep)!;
  const figures = pageFigures(page(sweep.best!.trial), sweep, database.query)!;
  return { figure: figures.find(({ id }) => id === 'predicted-losses') ?? null, layers: sweep.layers.length, sweep };
}

const ofTrial = (trial: number): PageId => ({ kind: 'trial', trial });
const ofLayer = (): PageId => ({ kind: 'layer', number: 0 });

describe('predicted losses', () => {
  it('stand against the measured ones of the layers of a trial', () => {
    const { figure, layers } = figureOf(predicted, ofTrial);
    expect(figure!.rows).toHaveLength(layers);
    expect(figure!.rows[0]).toMatchObject({ ratio: 2, predicted_relative: 0.002, measured_relative: 0.001 });
    const { content } = figure!;
    if (content.kind !== 'charts') throw new Error(`Expected charts, got ${content.kind}`);
    expect(content.caption).toMatch(
      new RegExp(
        `^Predicted within a factor of 1\\.1 of what was measured in half of the ${layers} layers, within 2 in all \\(farthest off: .+\\)\\. On the dashed line both are equal\\.$`,
      ),
    );
    expect(content.details).toContain('over 256 calibration samples');
    expect(content.details).toContain('with nothing clipped');
    expect(compileChart(content.panels[0]!.spec).warnings).toEqual([]);
  });

  it('stand against the measured ones of a layer in its trials', () => {
    const { figure, sweep } = figureOf(predicted, ofLayer);
    const quantized = sweep.allTrials.filter(({ role, status }) => role !== 'fp32' && status === 'done');
    expect(figure!.rows).toHaveLength(quantized.length);
    const { content } = figure!;
    if (content.kind !== 'charts') throw new Error(`Expected charts, got ${content.kind}`);
    expect(content.caption).toContain(`${quantized.length} trials`);
    expect(compileChart(content.panels[0]!.spec).warnings).toEqual([]);
  });

  it('are on no page of a sweep without second moments', () => {
    expect(figureOf('SELECT 1', ofTrial).figure).toBeNull();
    expect(figureOf('SELECT 1', ofLayer).figure).toBeNull();
  });

  it('say which setting brings the measured ones, and that a prediction comes with the finished trial', () => {
    const alone = figureOf(`${predicted}; DELETE FROM layer_loss WHERE mode = 'isolated'`, ofTrial).figure!.content;
    expect(alone).toMatchObject({ kind: 'absent', note: expect.stringContaining('loss.modes: [isolated]') as string });
    const none = figureOf(settings, ofTrial).figure!.content;
    expect(none).toMatchObject({ kind: 'absent', brief: 'not finished' });
  });
});
