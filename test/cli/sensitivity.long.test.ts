import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, smallExperiment, temporaryFolder, writeExperiment } from './command-line.js';

const rows = (folder: string, sql: string) => queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
const withGrid = (grid: string): string => smallExperiment.replace(/grid:[^]*(?=run:)/, `grid:\n${grid}`);

describe('sensitivity', () => {
  it('quantizes each layer alone, all but each, and keeps the most sensitive in float', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(
      folder,
      withGrid(`  - smoothing.alpha: 0.5
    layers.keepFloat: [0, 1, 2]
  - smoothing.alpha: 0.5
    layers.sensitivity: [only, allBut]
    layers.focus: 'mid*'
`),
    );
    const { code, stderr } = await quantsweep(folder, 'run', path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const total = Number(rows(folder, "SELECT count(*) FROM v_layer WHERE unsupported IS NULL AND op = 'Conv'")[0]![0]);
    const counts = rows(
      folder,
      `SELECT t.sensitivity, t.focus_layer, count(DISTINCT q.layer_id), sum(l.name = t.focus_layer) / 2
       FROM trial t JOIN quantizer q ON q.trial_id = t.id JOIN layer l ON l.id = q.layer_id
       WHERE t.role = 'sensitivity' GROUP BY t.id ORDER BY 1 DESC, 2`,
    );
    expect(counts).toHaveLength(4);
    for (const [mode, , quantized, own] of counts) {
      expect([quantized, own]).toEqual(mode === 'only' ? [1, 1] : [total - 1, 0]);
    }
    // Of the ranking the first layers have no quantizer.
    const kept = rows(
      folder,
      `SELECT r.keep_float, r.rank, r.kept_float, EXISTS (
         SELECT 1 FROM quantizer q JOIN layer l ON l.id = q.layer_id WHERE q.trial_id = r.trial AND l.name = r.layer)
       FROM v_layer_rank r WHERE r.rank <= 3 AND r.label LIKE 'static%' ORDER BY r.keep_float, r.rank`,
    );
    expect(kept).toEqual([
      [1, 1, 1, 0],
      [1, 2, 0, 1],
      [1, 3, 0, 1],
      [2, 1, 1, 0],
      [2, 2, 1, 0],
      [2, 3, 0, 1],
    ]);
    const divergences = rows(folder, 'SELECT divergence FROM layer_rank ORDER BY stage_id, rank').map(([d]) =>
      Number(d),
    );
    expect(Math.min(...divergences)).toBeGreaterThanOrEqual(0);
    expect(divergences[0]).toBeGreaterThan(divergences[1]!);
  });

  it('says where a focus or a number of layers fits none', async () => {
    const folder = temporaryFolder();
    const none = await quantsweep(
      folder,
      'run',
      writeExperiment(folder, withGrid('  - { layers.sensitivity: only, layers.focus: nothing }\n')),
    );
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('Expected layers.focus to match layers that are quantized, got "nothing"');
    const many = await quantsweep(
      folder,
      'run',
      writeExperiment(folder, withGrid('  - { smoothing.alpha: 0.5, layers.keepFloat: 99 }\n')),
    );
    expect(many.code).toBe(2);
    expect(many.stderr).toMatch(/layers\.keepFloat to leave a layer to quantize, so at most \d+, got 99/);
  });
});

describe('the plan', () => {
  it('tells passes of other sample orders apart, and has the ranking', async () => {
    const folder = temporaryFolder();
    const grid = withGrid(`  - smoothing.alpha: 0.5
    layers.keepFloat: [1, 2]
  - smoothing.alpha: 0.5
    data.calibration.sampleSeed: 7
`);
    const { code, stdout } = await quantsweep(folder, 'plan', writeExperiment(folder, grid));
    expect(code).toBe(0);
    expect(stdout).toMatch(/observe {4}4 calibration batches of 2, snapshots at/);
    expect(stdout).toMatch(/observe {4}4 calibration batches of 2 in the order of seed 7, snapshots at/);
    expect(stdout).toMatch(/rank {7}each layer quantized alone on 8 samples; for 2 trials/);
  });
});

describe('calibration seeds, calibrators and loss modes', () => {
  it('give each seed its statistics, each calibrator its range and each layer its four losses', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(
      folder,
      withGrid(`  - smoothing.alpha: 0.5
    quantization.activation.calibrator: [max, percentile, entropy, mse]
    quantization.activation.percentile: 99
  - smoothing.alpha: 0.5
    data.calibration.sampleSeed: [1, 2]
`).replace('[accumulated, isolated]', '[accumulated, isolated, weight, activation]'),
    );
    const { code, stderr } = await quantsweep(folder, 'run', path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const amax = (where: string) =>
      rows(
        folder,
        `SELECT q.amax FROM quantizer q JOIN trial t ON t.id = q.trial_id WHERE q.role = 'input' AND t.role = 'candidate' AND ${where} ORDER BY q.layer_id`,
      ).map(([value]) => Number(value));
    const max = amax("activation_calibrator = 'max' AND calibration_seed IS NULL");
    for (const calibrator of ['percentile', 'entropy', 'mse']) {
      const own = amax(`activation_calibrator = '${calibrator}'`);
      expect(own).toHaveLength(max.length);
      own.forEach((value, layer) => {
        expect(value).toBeLessThanOrEqual(max[layer]! * (1 + 1e-6));
      });
      expect(own).not.toEqual(max);
    }
    expect(amax('calibration_seed = 1')).not.toEqual(amax('calibration_seed = 2'));
    const modes = rows(
      folder,
      `SELECT mode, avg(mse) FROM v_layer_loss WHERE label LIKE 'static%' GROUP BY mode ORDER BY mode`,
    );
    expect(modes.map(([mode]) => mode)).toEqual(['accumulated', 'activation', 'isolated', 'weight']);
    // In the mean over layers the two halves are less than both together.
    const [, activation, isolated, weight] = modes.map(([, mse]) => Number(mse)) as [number, number, number, number];
    expect(activation).toBeLessThan(isolated);
    expect(weight).toBeLessThan(isolated);
  });
});
