import { describe, expect, it } from 'vitest';
import type { Figure } from '../../src/report/figures/figure.js';
import { calibrationNoise } from '../../src/report/figures/sweep/calibration-noise.js';
import { pareto } from '../../src/report/figures/sweep/pareto.js';
import { proxyFidelity } from '../../src/report/figures/sweep/proxy-fidelity.js';
import { sensitivity } from '../../src/report/figures/sweep/sensitivity.js';
import { cutMiddle } from '../../src/report/cut-middle.js';
import { buildFigure } from './build-figure.js';
import type { Sample } from './sample-database.js';

/** The figure of the sample sweep after a change: its text, and its rows. */
function build(figure: Figure, change: string, sample: Partial<Sample> = {}) {
  const { rows, content } = buildFigure(figure, change, sample);
  const text = content.kind === 'absent' ? content.note : `${content.caption} ${content.details ?? ''}`.trim();
  return { kind: content.kind, rows, text: text.replaceAll(/\s/g, ' ') };
}

/** Trial `1000 + offset`: its settings differ from those of its kind in what `json` says. */
const settle = (offset: number, kind: string, json: string, columns: string): string =>
  `UPDATE trial SET settings = '{"kind":"${kind}",${json}}', ${columns} WHERE id = ${1000 + offset};
   UPDATE accuracy SET value = ${(80 - offset) / 100} WHERE trial_id = ${1000 + offset} AND metric = 'top1';`;
const seeded = (offset: number, kind: string): string =>
  settle(offset, kind, `"calibration":{"sampleSeed":${offset}}`, `calibration_seed = ${offset}`);

describe('the noise of calibration', () => {
  it('names the setting that brings it where all trials have one order of samples', () => {
    expect(build(calibrationNoise, '')).toMatchObject({
      kind: 'absent',
      text: expect.stringContaining('data.calibration.sampleSeed') as string,
    });
  });

  it('says which of several settings is drawn, and tells the widest range of that one', () => {
    const change = [seeded(3, 'a'), seeded(4, 'a'), seeded(5, 'b'), seeded(6, 'b'), seeded(7, 'b')].join('\n');
    const { text, rows } = build(
      calibrationNoise,
      `${change}
       UPDATE quantizer SET amax = 1 WHERE role = 'input' AND trial_id BETWEEN 1003 AND 1007;
       UPDATE quantizer SET amax = 3 WHERE role = 'input' AND trial_id = 1004 AND layer_id = 1002;
       UPDATE quantizer SET amax = 9 WHERE role = 'input' AND trial_id = 1007 AND layer_id = 1005;`,
    );
    expect(rows).toHaveLength(24);
    const label = String(rows[0]!['first_label']);
    expect(text).toContain(`${label} and its 1 other subsets: 76.00 % to 77.00 %`);
    expect(text).toContain(`Drawn: ${label} and its other subsets.`);
    // 1 and 3: standard deviation sqrt(2), mean 2.
    expect(text).toContain(`Most: ${cutMiddle(String(rows[2]!['layer']), 40)}, standard deviation 70.7 %`);
  });
});

describe('which loss predicts accuracy', () => {
  const four: Partial<Sample> = { alphas: [0.2, 0.5, 0.8], sizes: [200], dynamic: false };
  const divergence =
    'UPDATE trial SET output_divergence = 1 - (SELECT value FROM accuracy a WHERE a.trial_id = trial.id AND a.metric = primary_metric)';

  it('is not told by the perfect order of four trials', () => {
    const { rows, text } = build(proxyFidelity, divergence, four);
    expect(rows.find((row) => row['loss'] === 'divergence')).toMatchObject({ trials: 4, rho: 1, ci_high: 1 });
    expect(text).toMatch(/^No loss ranks these trials better than chance \(best: .*, rho 1\.00, at least -0\.82\)/);
  });

  it('counts the losses that predict it as well', () => {
    // The mean L1 is the divergence, and both order the trials as the value does.
    const { text } = build(
      proxyFidelity,
      `${divergence}; DELETE FROM layer_loss WHERE mode = 'isolated';
       UPDATE layer_loss SET mse = 1, max_abs = 1, sqnr_db = NULL, cosine = NULL, rel_l1 = NULL,
         l1 = (SELECT output_divergence FROM trial WHERE id = trial_id)`,
      { ...four, alphas: [0.2, 0.3, 0.4, 0.5, 0.6, 0.8] },
    );
    expect(text).toMatch(/^Best predictor: L1, whole network \(as 1 other\) \(rho/);
  });

  it('is told by that of seven, though agreement orders them as well', () => {
    const seven = { ...four, alphas: [0.2, 0.3, 0.4, 0.5, 0.6, 0.8] };
    const { rows, text } = build(proxyFidelity, `DELETE FROM layer_loss; ${divergence}`, seven);
    expect(rows.map((row) => [row['loss'], row['rho']])).toEqual([
      ['agreement', 1],
      ['divergence', 1],
    ]);
    // Two neighbours of seven exchanged: rho 0.9643, z 2.0053, standard error 0.6052.
    expect(text).toMatch(/^Best predictor: divergence of the output \(rho 1\.00, at least 0\.67\)/);
  });
});

describe('the sensitivity of layers', () => {
  const layer = (position: number): string =>
    `(SELECT name FROM layer WHERE model_id = 1000 AND position = ${position})`;
  const whole = settle(3, 'a', '"layers":{"sensitivity":"none","focus":"*"}', "role = 'candidate'");
  /** A sensitivity trial in place of an alpha's: value 0.80 - offset / 100. */
  const of = (offset: number, mode: string, position: number, kind = 'a'): string =>
    settle(
      offset,
      kind,
      '"layers":{}',
      `role = 'sensitivity', sensitivity = '${mode}', focus_layer = ${layer(position)}`,
    ) +
    `UPDATE trial SET settings = json_set(settings, '$.layers.sensitivity', '${mode}', '$.layers.focus', focus_layer) WHERE id = ${1000 + offset};`;

  it('names what each layer costs and brings back', () => {
    const { text, rows } = build(
      sensitivity,
      [whole, of(4, 'only', 0), of(5, 'only', 1), of(6, 'allBut', 0)].join('\n'),
    );
    expect(rows).toHaveLength(2);
    // FP32 is 86.42 %, the whole 77 %.
    expect(text).toMatch(
      /^Quantized alone, \S+ is the most sensitive \(−11\.42 points\); left alone in float, \S+ gains most \(−3\.00 points\)/,
    );
    expect(text).not.toContain('one is shown');
  });

  it('says that one of several settings is shown', () => {
    const { text, rows } = build(sensitivity, [whole, of(4, 'only', 0), of(5, 'allBut', 1, 'b')].join('\n'));
    expect(rows).toHaveLength(1);
    expect(text).toContain('Of the 2 settings with such trials, one is shown.');
  });

  it('begins with what float brings where no layer was quantized alone', () => {
    expect(build(sensitivity, [whole, of(4, 'allBut', 0)].join('\n')).text).toMatch(/^Left alone in float/);
  });
});

describe('accuracy against layers kept in float', () => {
  it('is left out where all trials quantize the same layers', () => {
    expect(build(pareto, '')).toMatchObject({
      kind: 'absent',
      text: expect.stringContaining('layers.keepFloat') as string,
    });
  });

  it('lists the settings that none with as few float layers beats', () => {
    const { text } = build(
      pareto,
      `UPDATE accuracy SET value = 0.9 WHERE trial_id IN (1010, 1011) AND metric = 'top1';
       DELETE FROM quantizer WHERE trial_id IN (1010, 1011) AND layer_id < 1002;`,
    );
    expect(text).toMatch(/On the front: W8A8, 0 layers in float: 84\.\d\d %; W8A8, 2 layers in float: 90\.00 %\./);
  });
});
