import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, quantsweep } from '../cli/command-line.js';

/** The demo's detector with what a layer's page may suggest beside it, in 6 bits. */
const experiment = (scenes: string): string => `name: expected
model: { path: ${JSON.stringify(demoModel)} }
data:
  calibration: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 2, scenes: 16 }, batchSize: 4, batches: 4 }
  evaluation: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 3, scenes: 8 }, batchSize: 8 }
task: centerDetection
loss: { samples: 8, modes: [activation] }
gate: { samples: 1 }
quantization: { activation: { bits: 6 } }
baselines: [fp32]
grid:
  - smoothing.alpha: 0.5
    quantization.activation.scheme: [signed, auto]
  - smoothing.alpha: 0.5
    quantization.activation.bits: [5, 8]
  - smoothing.alpha: 0.5
    quantization.activation.calibrator: mse
  - smoothing.alpha: [0.3, 0.7]
run: { database: expected.db, slots: 1 }
`;

/** Expected against measured, of every layer, by the setting that differs. */
const compared = `WITH own AS (SELECT trial FROM v_trial WHERE alpha = 0.5 AND activation_scheme = 'signed' AND activation_calibrator = 'max' AND activation_bits = 6),
e AS MATERIALIZED (SELECT own.trial, l.layer, x.* FROM own, v_layer l, expected_input_error(own.trial, l.layer) x)
SELECT e.setting, e.layer, e.ratio AS expected, b.mse / a.mse AS measured
FROM e
JOIN v_layer_loss a ON a.trial = e.trial AND a.layer = e.layer
JOIN v_layer_loss b ON b.layer = e.layer
JOIN v_trial t ON t.trial = b.trial AND t.alpha = iif(e.setting = 'smoothing.alpha', CAST(e.value AS REAL), 0.5)
  AND t.activation_scheme = iif(e.setting LIKE '%scheme', e.value, 'signed')
  AND t.activation_calibrator = iif(e.setting LIKE '%calibrator', e.value, 'max')
  AND t.activation_bits = iif(e.setting LIKE '%bits', CAST(e.value AS INTEGER), 6)
WHERE e.setting IS NOT NULL AND t.trial <> e.trial`;

describe('the expected error of a layer’s input', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-expected-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  let rows: readonly (readonly unknown[])[] = [];
  beforeAll(async () => {
    cpSync(join(demoModel, '../scenes'), join(folder, 'scenes'), { recursive: true });
    writeFileSync(join(folder, 'e.yaml'), experiment(join(folder, 'scenes/dataset.mjs')));
    const { code, stderr } = await quantsweep(folder, 'run', 'e.yaml', '--allow-code');
    expect(code, stderr).toBe(0);
    ({ rows } = queryDatabase(join(folder, 'expected.db'), compared));
  }, 300_000);

  /** How far off each layer is, as a factor of at least 1, in ascending order. */
  function factors(setting: string): number[] {
    const own = rows.filter(([name]) => name === setting);
    return own
      .map(([, , expected, measured]) => Math.exp(Math.abs(Math.log((expected as number) / (measured as number)))))
      .sort((a, b) => a - b);
  }

  it.each([
    ['quantization.activation.bits', 20, 1.15, 2.5],
    ['quantization.activation.scheme', 10, 1.25, 2],
    ['smoothing.alpha', 20, 1.3, 3],
    ['quantization.activation.calibrator', 10, 1.8, 3.5],
  ])('comes close to the loss that is measured when %s is applied', (setting, count, typical, worst) => {
    const off = factors(setting);
    expect(off.length).toBe(count);
    expect(off[Math.floor(off.length / 2)]).toBeLessThan(typical);
    expect(off.at(-1)).toBeLessThan(worst);
  });

  it('says which scheme is better for each layer, and which is not', () => {
    const schemes = rows.filter(([name]) => name === 'quantization.activation.scheme');
    for (const [, layer, expected, measured] of schemes) {
      expect((expected as number) < 0.7, String(layer)).toBe((measured as number) < 0.7);
    }
  });
});
