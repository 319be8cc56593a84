import { describe, expect, it, onTestFinished } from 'vitest';
import { BINS_ALONE } from '../../src/calibrate/histograms/histogram-detail.js';
import { coarseHistograms } from '../../src/calibrate/histograms/coarse-histograms.js';
import { layerFigures } from '../../src/report/figures/layer/index.js';
import { figureData } from '../../src/report/figures/figure-data.js';
import { readLayerPageFacts } from '../../src/report/facts/layer-page-facts.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { encodeHistograms } from '../../src/store/payload/histogram-payload.js';
import { statisticsOfChannels } from '../calibrate/count-directly.js';
import { loadText, withBase } from '../experiment/load-text.js';
import { sampleSweep } from './build-figure.js';
import { sampleChannels } from './sample-channels.js';
import { sampleDatabase, type Sample } from './sample-database.js';

const figure = layerFigures.find(({ id }) => id === 'suggestions')!;

/** The layer whose input is made by hand. */
const position = 2;
const layerId = 1000 + position;
const length = 6000;

/** Values spread evenly over [-1, 1], and bent: the same for each channel. */
const even = Array.from({ length }, (_, i) => (2 * i + 1) / length - 1);
const channelsOf = (change: (x: number, channel: number) => number): number[][] =>
  Array.from({ length: sampleChannels }, (_, channel) => even.map((x) => change(x, channel)));

const shapes = {
  even: channelsOf((x) => x),
  'half unused': channelsOf((x) => (x + 1) / 2),
  'one outlier channel': channelsOf((x, channel) => (channel === 3 ? 100 * x : x)),
  'long tail': channelsOf((x) => (Math.abs(x) === even.at(-1) ? Math.sign(x) : x / 20)),
};

/** A seventh of the range is a step. */
const fourBits = `UPDATE quantizer SET bits = 4, scale = amax / 7 WHERE role = 'input'`;

/** Weights are 1; those of the channel that the outlier is in are 0.3. */
const weightOf = (channel: number): number => (channel === 3 ? 0.3 : 1);

/** The suggestions for a layer at alpha 0.2 in 8 bits. */
function suggested(
  channels: readonly (readonly number[])[],
  { sample = {}, change = '' }: { readonly sample?: Partial<Sample>; readonly change?: string } = {},
) {
  const database = sampleDatabase({ alphas: [0.2], sizes: [200], dynamic: false, ...sample });
  onTestFinished(() => {
    database.remove();
  });
  const { histograms, min, max, absmax } = statisticsOfChannels(channels, BINS_ALONE);
  const s = Array.from(absmax, (value, c) => Math.fround(value ** 0.2 / weightOf(c) ** 0.8));
  const amax = Math.max(...absmax.map((value, c) => value / s[c]!));
  const tables = openDatabase(database.path);
  tables
    .prepare('UPDATE display_histogram SET bins = ? WHERE layer_id = ?')
    .run(encodeHistograms(coarseHistograms(histograms!)), layerId);
  for (const c of absmax.keys()) {
    tables
      .prepare('UPDATE weight_stat SET weight_absmax = ? WHERE layer_id = ? AND channel = ?')
      .run(weightOf(c), layerId, c);
    tables
      .prepare('UPDATE channel_stat SET act_min = ?, act_max = ?, act_absmax = ? WHERE layer_id = ? AND channel = ?')
      .run(min[c], max[c], absmax[c], layerId, c);
  }
  tables.prepare('UPDATE smoothing SET s = ? WHERE layer_id = ?').run(JSON.stringify(s), layerId);
  tables
    .prepare(`UPDATE quantizer SET amax = ?, low = ?, scale = ? WHERE layer_id = ? AND role = 'input'`)
    .run(amax, -amax, amax / 127, layerId);
  tables.exec(change);
  tables.close();
  const sweep = readSweepFacts(database.query, sampleSweep)!;
  const { facts } = readLayerPageFacts(sweep, sweep.layers[position]!, database.query);
  const { rows, content } = figureData(figure, facts, database.query);
  const cells =
    content.kind === 'table' ? rows.map((row) => content.columns.map(({ text }) => text(row))) : [content.kind];
  return { rows, content, cells, best: sweep.best!.trial };
}

/** Losses of weight and input alone, as shares of the isolated one. */
const split = (weight: number, input: number): string =>
  [
    ['weight', weight],
    ['activation', input],
  ]
    .map(
      ([mode, share]) => `INSERT INTO layer_loss (trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs)
        SELECT trial_id, layer_id, '${mode}', l1, rel_l1, mse * ${share}, sqnr_db - 10 * log10(${share}), cosine, max_abs
        FROM layer_loss WHERE mode = 'isolated';`,
    )
    .join('\n') + `UPDATE layer_loss SET mse = 100 * mse, sqnr_db = 5 WHERE layer_id = ${layerId};`;

describe('what a layer suggests to try', () => {
  it('is nothing where values fill the grid evenly', () => {
    const { content, rows } = suggested(shapes.even);
    expect(rows).toEqual([]);
    expect(content).toMatchObject({ kind: 'text', caption: expect.stringContaining('Nothing stored') as string });
  });

  it('is scheme auto where half of a signed grid is unused', () => {
    const { rows, cells } = suggested(shapes['half unused']);
    expect(rows).toHaveLength(1);
    expect(rows[0]!['input_ratio']).toBeCloseTo((127 / 255) ** 2, 2);
    expect(cells[0]).toEqual([
      'No value is below 0: half of the signed grid is unused.',
      'quantization.activation.scheme: auto',
      'input error 0.25 of now',
      'not measured',
    ]);
  });

  it('is not what the trial has already', () => {
    const change = `UPDATE trial SET activation_scheme = 'unsigned';
      UPDATE quantizer SET signed = 0, low = 0, scale = amax / 255 WHERE role = 'input'`;
    expect(suggested(shapes['half unused'], { change }).rows).toEqual([]);
  });

  it('is a larger alpha where one channel sets the step of all', () => {
    const { rows, cells } = suggested(shapes['one outlier channel']);
    expect(rows.map(({ kind }) => kind)).toEqual(['alpha']);
    // s of the outlier grows by (100 * 0.3)^0.2, and with it the range of the weight.
    expect(rows[0]).toMatchObject({
      value: '0.4',
      outliers: 1,
      channels: 16,
      weight_range: expect.closeTo(30 ** 0.2, 2) as number,
    });
    expect(rows[0]!['input_ratio']).toBeLessThan(0.7);
    expect(cells[0]![0]).toBe('1 of 16 channels have at least 5 times the median absmax and set the step of all.');
  });

  it('says what a trial of the sweep measured at that alpha', () => {
    const { rows, cells, best } = suggested(shapes['one outlier channel'], { sample: { alphas: [0.2, 0.4] } });
    expect(rows[0]).toMatchObject({ kind: 'alpha', measured_mode: 'isolated' });
    expect(rows[0]!['trial']).not.toBe(best);
    // The sample's isolated loss is (1 + 6 (alpha - 0.36)^2)^2 up to a factor.
    const loss = (alpha: number): number => (1 + 6 * (alpha - 0.3 - 0.03 * position) ** 2) ** 2;
    expect(rows[0]!['measured_ratio']).toBeCloseTo(loss(0.4) / loss(0.2), 4);
    expect(cells[0]![3]).toMatch(/^the layer’s error [\d.]+ of now in trial \d+$/);
  });

  it('is another calibrator where few values make the range', () => {
    const { rows, cells } = suggested(shapes['long tail'], { change: fourBits });
    expect(rows.map(({ kind }) => kind)).toEqual(['calibrator']);
    expect(rows[0]!['input_ratio']).toBeLessThan(0.7);
    expect(cells[0]![0]).toMatch(/^Long tail: the range ends at 1, but 99.9 % of the values are within 0\.\d+\.$/);
    expect(cells[0]![2]).toMatch(/mse [\d.]+, percentile 99\.9 [\d.]+, percentile 99\.99 [\d.]+/);
  });

  it('is ranges per channel and more bits where the weight causes the loss', () => {
    const change = split(0.9, 0.1) + `UPDATE quantizer SET bits = 6 WHERE role = 'weight'`;
    const { rows, cells } = suggested(shapes.even, { change });
    expect(rows.map(({ kind }) => kind)).toEqual(['weightBits', 'granularity']);
    // A step of a quarter: 0.1 + 0.9 / 16.
    expect(rows[0]!['layer_ratio']).toBeCloseTo(0.1 + 0.9 / 16, 3);
    expect(cells[0]![1]).toMatch(
      /^layers\.rules: \[\[\{ match: "\/layer1\/.*", activationBits: 8, weightBits: 8 \}\]\]$/,
    );
    expect(cells[1]![1]).toBe('quantization.weight.granularity: channel');
  });

  it('is more bits of the input where that causes the loss, or float at 8 bits of weights', () => {
    const input = split(0.1, 0.9) + `UPDATE quantizer SET bits = 6, scale = amax / 31 WHERE role = 'input'`;
    expect(suggested(shapes.even, { change: input }).rows.map(({ kind }) => kind)).toEqual(['inputBits']);
    const weight = split(0.9, 0.1) + `UPDATE trial SET weight_granularity = 'channel'`;
    expect(suggested(shapes.even, { change: weight }).cells[0]![1]).toContain('precision: "float"');
  });

  it('is a line that experiments take', () => {
    const change = split(0.9, 0.1) + `UPDATE quantizer SET bits = 6 WHERE role = 'weight'`;
    const lines = [
      ...suggested(shapes['half unused']).cells,
      ...suggested(shapes['one outlier channel']).cells,
      ...suggested(shapes['long tail'], { change: fourBits }).cells,
      ...suggested(shapes.even, { change }).cells,
      ...suggested(shapes.even, { change: split(0.9, 0.1) }).cells,
    ].map(([, line]) => line!);
    expect(lines).toHaveLength(7);
    for (const line of lines) {
      const { trials } = loadText(withBase(`grid:\n  - ${line.replaceAll('\n', '\n    ')}\n`));
      const paths = line.split('\n').map((part) => part.slice(0, part.indexOf(':')));
      expect(Object.keys(trials.find(({ role }) => role === 'candidate')!.axes), line).toEqual(
        expect.arrayContaining(paths),
      );
    }
  });
});
