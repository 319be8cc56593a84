import { describe, expect, it } from 'vitest';
import { askedQuestions } from '../../../src/report/questions/asked-questions.js';
import { questionKinds, questions } from '../../../src/report/questions/registry.js';
import { sweepShape, type ShapeTrial } from '../../../src/report/questions/sweep-shape.js';
import { figures } from '../../../src/report/figures/sweep/index.js';

const settings = {
  model: { path: 'm.onnx' },
  task: { kind: 'classification' },
  evaluation: { samples: 300 },
  smoothing: { mode: 'static', alpha: 0.5 },
  search: null,
  quantization: { biasCorrection: { method: 'none' } },
};
const baselines: readonly ShapeTrial[] = [
  { role: 'fp32', axes: {}, settings },
  { role: 'unsmoothed', axes: {}, settings },
];

/** Every combination of the values, as candidates. */
function grid(axes: Readonly<Record<string, readonly unknown[]>>): ShapeTrial[] {
  const combinations = Object.entries(axes).reduce<Record<string, unknown>[]>(
    (made, [path, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [path]: value }))),
    [{}],
  );
  return combinations.map((one) => ({ role: 'candidate', axes: one, settings }));
}

const shapeOf = (axes: Readonly<Record<string, readonly unknown[]>>) => sweepShape([...baselines, ...grid(axes)]);
const lead = (axes: Readonly<Record<string, readonly unknown[]>>): string => askedQuestions(shapeOf(axes))[0];
const leadFigure = (axes: Readonly<Record<string, readonly unknown[]>>): string => {
  const shape = shapeOf(axes);
  return questions[askedQuestions(shape)[0]].lead(shape);
};

describe('the shape of a sweep', () => {
  it('holds the settings that vary, numbers in their order, and no setting of one value', () => {
    const {
      axes,
      candidates,
      baselines: found,
      samples,
    } = shapeOf({ 'smoothing.alpha': [0.5, 0.1, 'auto'], 'layers.ops': ['Conv'] });
    expect(axes).toEqual([{ path: 'smoothing.alpha', values: ['0.1', '0.5', 'auto'], numbers: [0.1, 0.5] }]);
    expect({ candidates, found, samples }).toEqual({ candidates: 3, found: ['fp32', 'unsmoothed'], samples: 300 });
  });

  it('counts mode, alpha and search of the smoothing as one dimension', () => {
    const axes = { 'smoothing.mode': ['static', 'dynamic'], 'smoothing.alpha': [0.1, 0.5], 'search.order': ['a', 'b'] };
    expect(shapeOf(axes).dimensions).toBe(1);
    expect(shapeOf({ ...axes, 'data.calibration.batches': [4, 32] }).dimensions).toBe(2);
  });

  it('is the same of a plan, where nothing has finished, and of its results', () => {
    const planned = grid({ 'smoothing.alpha': [0.1, 0.5] });
    expect(sweepShape(planned)).toEqual(sweepShape(planned.map((trial) => ({ ...trial, status: 'done', value: 0.9 }))));
  });
});

describe('the leading question', () => {
  const alphas = [0.1, 0.5, 0.9];

  it.each([
    ['one axis of alphas', { 'smoothing.alpha': alphas }, 'axis', 'accuracy-by-alpha'],
    ['another single axis', { 'quantization.activation.calibrator': ['max', 'entropy'] }, 'axis', 'axis-effects'],
    [
      'two axes',
      { 'smoothing.alpha': alphas, 'quantization.activation.calibrator': ['max', 'entropy'] },
      'grid',
      'accuracy-by-alpha',
    ],
    [
      'alphas at two calibration sizes',
      { 'smoothing.alpha': alphas, 'data.calibration.batches': [4, 32] },
      'grid',
      'accuracy-by-alpha',
    ],
    [
      'three axes',
      {
        'smoothing.alpha': alphas,
        'data.calibration.batches': [4, 32],
        'quantization.activation.calibrator': ['max', 'entropy'],
      },
      'grid',
      'axis-effects',
    ],
    [
      'bits of weights and activations',
      { 'quantization.weight.bits': [8, 4], 'quantization.activation.bits': [8, 4] },
      'cost',
      'pareto',
    ],
    ['layers kept in float', { 'layers.keepFloat': [0, 1, 2] }, 'cost', 'pareto'],
    ['calibration sizes alone', { 'data.calibration.batches': [4, 32] }, 'calibration', 'calibration-size'],
    [
      'seeds, whatever else varies',
      { 'smoothing.alpha': alphas, 'data.calibration.batches': [4, 32], 'data.calibration.sampleSeed': [1, 2] },
      'noise',
      'seed-spread',
    ],
    [
      'both absmax methods',
      { 'smoothing.alpha': alphas, 'smoothing.absmax': ['channel', 'view'] },
      'absmax',
      'absmax-accuracy',
    ],
    [
      'both executions',
      { 'smoothing.alpha': alphas, 'quantization.execution': ['simulated', 'integer'] },
      'execution',
      'execution',
    ],
  ])('of %s', (_, axes, kind, figure) => {
    expect([lead(axes), leadFigure(axes)]).toEqual([kind, figure]);
  });

  it('of trials of single layers is which layers pay, whatever else varies', () => {
    const trials = [
      ...grid({ 'layers.keepFloat': [0, 1] }),
      { role: 'sensitivity' as const, axes: {}, settings: { layers: { sensitivity: 'only' } } },
    ];
    expect(askedQuestions(sweepShape(trials))).toEqual(['sensitivity', 'cost']);
  });

  it('of several ways to smooth is which one', () => {
    const of = (mode: string, method: string): ShapeTrial => ({
      role: 'candidate',
      axes: { 'smoothing.mode': mode, 'quantization.biasCorrection.method': method },
      settings: { smoothing: { mode }, quantization: { biasCorrection: { method } } },
    });
    const trials = [of('static', 'none'), of('cle', 'none'), of('static', 'empirical'), of('cle', 'empirical')];
    expect(askedQuestions(sweepShape(trials))[0]).toBe('methods');
  });

  it('of baselines alone is what they are, and of a void reference what is wrong', () => {
    expect(askedQuestions(sweepShape(baselines))).toEqual(['baselines']);
    expect(askedQuestions(sweepShape([...baselines, ...grid({ 'smoothing.alpha': alphas })], true))[0]).toBe('void');
  });
});

describe('what a sweep lacks', () => {
  it('names the line that brings it', () => {
    const shape = sweepShape(grid({ 'smoothing.alpha': [0.1, 0.5] }));
    expect(questions.axis.lacks(shape)).toEqual([
      { unknown: 'what quantization costs', yaml: 'baselines: [fp32]' },
      { unknown: 'what smoothing gains', yaml: 'baselines: [fp32, unsmoothed]' },
    ]);
    expect(questions.axis.lacks(shapeOf({ 'smoothing.alpha': [0.1, 0.5] }))).toEqual([]);
    expect(questions.noise.lacks(shapeOf({ 'data.calibration.sampleSeed': [1, 2] }))[0]!.yaml).toBe(
      'data.calibration.sampleSeed: [1, 2, 3, 4, 5]',
    );
  });
});

describe('layers alone in float', () => {
  const of = (sensitivity: string, focus: string): ShapeTrial => ({
    role: sensitivity === 'none' ? 'candidate' : 'sensitivity',
    axes: {},
    settings: { ...settings, layers: { sensitivity, focus } },
  });
  const yaml = (trials: readonly ShapeTrial[]) =>
    questions.sensitivity.lacks(sweepShape([baselines[0]!, ...trials])).map((lack) => lack.yaml);

  it('lack the trial that quantizes every layer, until it is there', () => {
    expect(yaml([of('allBut', 'conv1')])).toContain('layers.sensitivity: [none, allBut]');
    expect(yaml([of('allBut', 'conv1'), of('none', '*')])).not.toContain('layers.sensitivity: [none, allBut]');
    expect(yaml([of('only', 'conv1')])).not.toContain('layers.sensitivity: [none, allBut]');
  });
});

describe('the figures of questions', () => {
  it('are figures of the page', () => {
    const known = new Set(figures.map(({ id }) => id));
    const shapes = [shapeOf({ 'smoothing.alpha': [0.1, 0.5] }), shapeOf({ 'layers.keepFloat': [0, 1] })];
    const named = questionKinds.flatMap((kind) => [
      ...shapes.map((shape) => questions[kind].lead(shape)),
      ...questions[kind].figures,
    ]);
    expect([...new Set(named)].filter((id) => !known.has(id))).toEqual([]);
  });
});
