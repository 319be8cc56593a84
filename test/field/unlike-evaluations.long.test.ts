import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep } from '../cli/command-line.js';
import { knownOutputs, outputsOf } from './nonsense-sweep.js';

const classes = 4;
const labels = Array.from({ length: 64 }, (_, at) => at % classes);
const outputs = outputsOf(labels, classes);

/** Runs the sweep; returns what prints the output of further commands on its database. */
async function ran(folder: string): Promise<(...args: readonly string[]) => Promise<string>> {
  const { code, stderr } = await quantsweep(folder, 'run', 'known.yaml');
  expect(code, stderr).toBe(0);
  return async (...args) => (await quantsweep(folder, ...args, '--db', 'known.db')).stdout;
}

describe('1, 4: a sweep of two models', () => {
  it('shows the FP32 of the model that is best, and says which settings it does not compare', async () => {
    // The first model takes class 0 and 1 for each other: half of the samples.
    const weights = new Float32Array(classes * classes);
    for (const [from, to] of [
      [0, 1],
      [1, 0],
      [2, 2],
      [3, 3],
    ] as const)
      weights[to * classes + from] = 1;
    const folder = knownOutputs({
      outputs,
      labels,
      weights,
      more: 'baselines: [fp32]',
      grid: '[{ model.path: [model.onnx, sound.onnx], smoothing.alpha: [0.4, 0.5] }]',
    });
    copyFileSync(join(knownOutputs({ outputs, labels }), 'model.onnx'), join(folder, 'sound.onnx'));
    const command = await ran(folder);
    const summary = await command('report', 'known', '--markdown');
    await command('report', 'known', '-o', 'pages');
    const page = readFileSync(join(folder, 'pages/known/index.html'), 'utf8');
    expect(summary).toMatch(
      /\*\*static alpha=0\.4, model\.path=sound\.onnx\*\* is best: top-1 accuracy \*\*100\.0\s%\*\*/,
    );
    expect(summary).toMatch(/\| FP32 \| 100\.0\s% \| 94\.\d–100\.0\s% \|/);
    expect(page).toMatch(/<b>100\.0\s%<\/b><span>FP32 .*94\.\d–100\.0\s%<\/span>/);
    expect(summary).toContain('**The only setting that can be compared is statistically tied with the best**');
    expect(summary).toContain('2 further settings of another model or evaluation cannot be compared with it.');
  });
});

describe('1, 4: a sweep of two tasks', () => {
  it('chooses the best among the trials of the first metric, everywhere', async () => {
    // Cosines are higher than the share of right samples, a quarter of which have another label.
    const others = labels.map((label, at) => (at % 8 < 2 ? (label + 1) % classes : label));
    const folder = knownOutputs({
      outputs,
      labels: others,
      grid: '[{ task: [classification, fidelity], smoothing.alpha: [0.4, 0.5] }]',
    });
    const command = await ran(folder);
    const label = 'static alpha=0.4, task.kind=classification';
    const summary = await command('report', 'known', '--markdown');
    expect(summary).toMatch(
      /\*\*static alpha=0\.4, task\.kind=classification\*\* is best: top-1 accuracy \*\*75\.0\s%/,
    );
    expect(summary).toContain(
      'judged by different metrics, which cannot be ranked together: 4 trials by cosine to FP32.',
    );
    await command('report', 'known', '-o', 'pages');
    const ofCosine = readFileSync(join(folder, 'pages/known/trial-8.html'), 'utf8');
    expect(ofCosine).toContain('task.kind=fidelity');
    expect(ofCosine).toMatch(/<strong>[01]\.\d+ cosine( to FP32)?<\/strong>/);
    expect(ofCosine).not.toContain('top-1 accuracy');
    expect(await command('status')).toContain(`best so far: ${label}, 0.7500`);
    expect(await command('show', 'best')).toContain(`: ${label}\n`);
    expect((await command('query', '--name', 'best', '--format', 'csv')).split('\n')[1]).toContain(label);
    const { rows } = queryDatabase(
      join(folder, 'known.db'),
      "SELECT DISTINCT metric, chosen_from FROM v_place WHERE sweep = 'known' AND role = 'candidate' ORDER BY metric",
    );
    expect(rows).toEqual([
      ['cosine', 2],
      ['top1', 2],
    ]);
  });
});

describe('5: nonsense names no best anywhere', () => {
  it('status and export say so, too', async () => {
    const folder = knownOutputs({ outputs, labels: labels.map((label) => (label + 1) % classes) });
    const command = await ran(folder);
    expect(await command('status')).toContain('no setting can be called the best, see the warning');
    expect(await command('status')).not.toContain('best so far');
    expect(await command('export', 'best', '-o', 'best.onnx')).toContain('  WARNING: FP32 ');
    await command('report', 'known', '-o', 'pages');
    expect(readFileSync(join(folder, 'pages/known/index.html'), 'utf8')).not.toContain(
      'Unknown until the first setting finishes',
    );
  });
});

describe('2: the table of a summary', () => {
  it('allows for the choice of the best of each mode, and has what the answer calls unsmoothed', async () => {
    const folder = knownOutputs({
      outputs,
      labels,
      grid: '[{ quantization.weight.bits: [2, 8], smoothing.alpha: [0.4, 0.5] }]',
    });
    const summary = await (await ran(folder))('report', 'known', '--markdown');
    expect(summary).toContain('| p against FP32, corrected |');
    expect(summary).toContain('| unsmoothed, weight.bits=2 |');
  });
});
