import { describe, expect, it } from 'vitest';
import { quantsweep } from '../cli/command-line.js';
import { loadText, withBase } from '../experiment/load-text.js';
import { knownOutputs, outputsOf } from './nonsense-sweep.js';

/** Notes of an experiment whose lines from 6 on are given, without `/exp/`. */
function notesOf(lines: string, overrides: readonly string[] = []): readonly string[] {
  return (loadText(withBase(lines), overrides).notes ?? []).map((note) => note.replaceAll('/exp/', ''));
}

const plain = 'grid: [{ smoothing.alpha: [0.4] }]\n';

describe('48: settings that have no effect', () => {
  it.each([
    ['layers: { focus: "c*" }\n', 'a.yaml:6:18: layers.focus has no effect without layers.sensitivity.'],
    [
      'quantization: { activation: { percentile: 99 } }\n',
      'a.yaml:6:43: quantization.activation.percentile has no effect beside quantization.activation.calibrator max.',
    ],
    [
      'quantization: { activation: { scheme: unsigned, narrowRange: true } }\n',
      'a.yaml:6:62: quantization.activation.narrowRange has no effect beside quantization.activation.scheme unsigned.',
    ],
    [
      'quantization: { weight: { scheme: asymmetric, narrowRange: true } }\n',
      'a.yaml:6:60: quantization.weight.narrowRange has no effect beside quantization.weight.scheme asymmetric.',
    ],
    [
      'quantization: { biasCorrection: { samples: 9 } }\n',
      'a.yaml:6:44: quantization.biasCorrection.samples has no effect beside quantization.biasCorrection.method none.',
    ],
    [
      'quantization: { rounding: { samples: 9 } }\n',
      'a.yaml:6:38: quantization.rounding.samples has no effect beside quantization.weight.rounding nearest with a calibrator that reads weights alone.',
    ],
    [
      'quantization: { weight: { rounding: gptq }, rounding: { centered: true } }\n',
      'a.yaml:6:67: quantization.rounding.centered has no effect beside quantization.biasCorrection.method none.',
    ],
    [
      'quantization: { weight: { rounding: gptq }, rounding: { inputs: quantized }, biasCorrection: { samples: 9 } }\n',
      'a.yaml:6:105: quantization.biasCorrection.samples has no effect beside quantization.rounding.inputs quantized, which corrects biases over rounding.samples.',
    ],
    ['search: { samples: 9 }\n', 'a.yaml:6:20: search.samples has no effect beside a fixed smoothing.alpha.'],
    ['search: { order: output }\n', 'a.yaml:6:18: search.order has no effect beside a fixed smoothing.alpha.'],
    [
      'quantization: { execution: integer }\nrun: { optimizationLevel: disabled }\n',
      'a.yaml:6:28: quantization.execution has no effect beside run.optimizationLevel disabled, at which nothing is fused to integer kernels.',
    ],
  ])('are named with their place: %s', (lines, note) => {
    expect(notesOf(`${lines}${plain}`)).toEqual([note]);
  });

  it.each([
    'quantization: { weight: { rounding: gptq }, rounding: { samples: 9, inputs: quantized, centered: true } }\n',
    'quantization: { weight: { calibrator: hessian }, rounding: { samples: 9 } }\n',
    'quantization: { weight: { rounding: gptq-descent }, rounding: { centered: true }, biasCorrection: { method: empirical } }\n',
  ])('are not those that count: %s', (lines) => {
    expect(notesOf(`${lines}${plain}`)).toEqual([]);
  });

  it.each([
    [
      'smoothing.mode: [dynamic]',
      'search: { order: output, objective: mse }',
      'search.objective has no effect beside search.order output, which goes by its divergence.',
    ],
    ['smoothing.mode: [dynamic]', 'search: { sweeps: 3 }', 'search.sweeps has no effect beside search.order isolated.'],
    [
      'smoothing.alpha: [auto]',
      'search: { order: sequential }',
      'search.order has no effect beside smoothing.alpha auto, which always goes by the divergence of the output.',
    ],
    [
      'smoothing.mode: [dynamic]',
      'smoothing: { alpha: 0.3 }',
      'smoothing.alpha has no effect beside smoothing.mode dynamic.',
    ],
    [
      'smoothing.mode: [cle]',
      'smoothing: { absmax: view }',
      'smoothing.absmax has no effect beside smoothing.mode cle.',
    ],
    [
      'smoothing.mode: [cle, none]',
      'smoothing: { apply: fold }',
      'smoothing.apply has no effect beside smoothing.mode cle, or beside smoothing.mode none.',
    ],
    [
      'smoothing.mode: [none]',
      'data.evaluation.stop',
      'data.evaluation.stop.confidence has no effect beside smoothing.mode none.',
    ],
  ])('are told by what else is set: %s, %s', (axis, line, note) => {
    const isStop = line === 'data.evaluation.stop';
    const notes = notesOf(
      `${isStop ? '' : `${line}\n`}grid: [{ ${axis} }]\n`,
      isStop ? ['data.evaluation.stop.confidence=0.99'] : [],
    );
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(note);
  });

  it('are named by their block; what one trial of it uses is not', () => {
    const lines = `grid:
  - smoothing.alpha: [0.4]
    search.order: [isolated, output]
  - smoothing.mode: [static, dynamic]
    search.samples: [4, 8]
    quantization.activation.calibrator: [max, percentile]
    quantization.activation.percentile: [99, 99.9]
`;
    expect(notesOf(lines)).toEqual(['a.yaml:8:5: grid[0].search.order has no effect beside a fixed smoothing.alpha.']);
  });

  it('are told of a fixed setting only where no block uses it, and of options by the option', () => {
    const both = 'grid: [{ smoothing.alpha: [0.4] }, { smoothing.mode: [dynamic] }]\n';
    expect(notesOf(`search: { samples: 9 }\n${both}`)).toEqual([]);
    expect(notesOf(plain, ['search.samples=9'])).toEqual([
      '--set search.samples=9: search.samples has no effect beside a fixed smoothing.alpha.',
    ]);
    // Every block replaces it.
    expect(notesOf(`search: { samples: 9 }\ngrid: [{ smoothing.alpha: [0.4], search.samples: [4] }]\n`)).toEqual([
      'a.yaml:7:34: grid.search.samples has no effect beside a fixed smoothing.alpha.'.replace('grid.', 'grid[0].'),
    ]);
  });

  it('are told by plan and run', async () => {
    const folder = knownOutputs({ outputs: outputsOf([0, 1, 2, 0], 3), labels: [0, 1, 2, 0] });
    const planned = await quantsweep(folder, 'plan', 'known.yaml', '--set', 'layers.focus=head');
    expect(planned.code).toBe(0);
    expect(planned.stdout).toContain('--set layers.focus=head: layers.focus has no effect without layers.sensitivity.');
  });
});

describe('48: messages about settings that do not fit the model', () => {
  const many = `
  - smoothing.alpha: [0.4]
  - smoothing.alpha: [0.5]
    layers.keepFloat: [0, 1]
`;
  const folderOf = (grid: string, more = '') =>
    knownOutputs({ outputs: outputsOf([0, 1, 2, 0], 3), labels: [0, 1, 2, 0], grid, more });

  it('name line, block and trial', async () => {
    const { code, stderr } = await quantsweep(folderOf(many), 'plan', 'known.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /known\.yaml:14:27: grid\[1\], trial with (smoothing\.alpha 0\.5, )?layers\.keepFloat 1: Expected layers\.keepFloat to leave a layer to quantize, so at most 0, got 1\./,
    );
  });

  it.each(['include', 'exclude'] as const)('refuse a glob of %s that matches nothing', async (list) => {
    const others = list === 'include' ? 'head, ' : '';
    const folder = folderOf('[{ smoothing.alpha: [0.4] }]', `layers: { ${list}: [${others}haed] }`);
    const { code, stderr } = await quantsweep(folder, 'plan', 'known.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `known\\.yaml:10:\\d+: Expected layers\\.${list} to match weighted layers of the model, got "haed", which matches none.*head`,
      ),
    );
  });

  it('name the line of a rule, of a focus and of calibration data', async () => {
    const rule = folderOf('[{ smoothing.alpha: [0.4] }]', 'layers: { rules: [{ match: nothing, precision: float }] }');
    const ruled = await quantsweep(rule, 'plan', 'known.yaml');
    expect(ruled.stderr).toMatch(/known\.yaml:10:\d+: .*Expected layers\.rules to match/);
    const focus = folderOf('\n  - layers.sensitivity: [only]\n    layers.focus: [nothing]\n');
    const focused = await quantsweep(focus, 'plan', 'known.yaml');
    expect(focused.stderr).toMatch(/known\.yaml:13:20: grid\[0\], trial with .*Expected layers\.focus to match/);
    const data = await quantsweep(folderOf('[{ data.calibration.batches: [2, 3] }]'), 'plan', 'known.yaml');
    expect(data.stderr).toMatch(
      /known\.yaml:11:40: grid\[0\], trial with data\.calibration\.batches 3: Expected data\.calibration/,
    );
  });
});
