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

  it('finds the fewest layers in float for a loss, evaluates them, and goes on where it was stopped', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(
      folder,
      withGrid(`  - smoothing.alpha: 0.5
    layers.keepFloat: [0, auto]
    layers.keepFloatLoss: 0.1
    quantization.weight.bits: 3
    quantization.activation.bits: 4
`) + 'baselines: [fp32]\n',
    );
    const { code, stdout, stderr } = await quantsweep(folder, 'run', path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const tries = rows(folder, 'SELECT keep, layers, value, loss, allowed, chosen FROM v_keep_try ORDER BY position');
    const chosen = tries.filter((each) => each[5] === 1);
    expect(chosen).toHaveLength(1);
    const [keep, layers, value, loss, allowed] = chosen[0]!;
    const names = JSON.parse(String(layers)) as string[];
    expect(names).toHaveLength(Number(keep));
    expect(Number(loss)).toBeLessThanOrEqual(Number(allowed));
    // The trial is that set: its value, its layers in float, its number.
    expect(rows(folder, "SELECT value, keep_float FROM v_trial WHERE label LIKE '%keepFloat=auto%'")).toEqual([
      [value, keep],
    ]);
    expect(
      rows(
        folder,
        `SELECT layer FROM v_layer_rank WHERE label LIKE '%keepFloat=auto%' AND kept_float ORDER BY rank`,
      ).flat(),
    ).toEqual(names);
    // Nothing in float is what keepFloat 0 has, and is tried first.
    expect(tries[0]!.slice(0, 3)).toEqual([
      0,
      '[]',
      rows(folder, "SELECT value FROM v_trial WHERE label LIKE '%keepFloat=0%'")[0]![0],
    ]);
    if (names.length > 0) expect(stdout).toMatch(/Keep (this one|these \d+) of \d+ quantizable layers in float: /);
    // With what is stored of an unfinished search none of its evaluations is run again.
    expect((await quantsweep(folder, 'run', path)).stdout).toContain('0 trials run, 3 cached');
  });

  it('fails a trial whose loss no number of layers in float brings down, and says by how much', async () => {
    const folder = temporaryFolder();
    const path = writeExperiment(
      folder,
      withGrid(`  - smoothing.alpha: 0.5
    layers.keepFloat: auto
    layers.keepFloatLoss: 0
    quantization.weight.bits: 2
    quantization.activation.bits: 2
`),
    );
    const { code, stdout } = await quantsweep(folder, 'run', path);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /Expected a number of layers in float with a loss of mAP of at most 0 against FP32, got none/,
    );
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
