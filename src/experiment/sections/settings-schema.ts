import { z } from 'zod';
import {
  file,
  flag,
  fraction,
  integer,
  listOf,
  oneDefined,
  oneOf,
  positive,
  rangesAllowed,
  text,
} from './schema-leaves.js';
import { asymmetricCalibrators } from '../../calibrate/calibrators/calibrate-input.js';
import { calibratorNames, calibrators } from '../../calibrate/calibrators/registry.js';
import { activationSchemeNames, activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import { weightSchemeNames, weightSchemes } from '../../calibrate/schemes/weight-schemes.js';
import { weightCalibratorNames, weightCalibrators } from '../../calibrate/weight-calibrators/registry.js';
import { smoothingModeNames, smoothingModes } from '../../smooth/modes/registry.js';
import { dataSectionSchema, options } from './data-schema.js';

const modelSchema = z
  .strictObject({
    path: file('the path of an ONNX model', 'The ONNX model. Relative to the experiment file.'),
    input: text('the name of a model input', "Name of the input fed with samples; null: the model's only input.")
      .nullable()
      .default(null),
    output: text('the name of a model output', "Name of the output that is evaluated; null: the model's only output.")
      .nullable()
      .default(null),
  })
  .meta({ title: 'Model', description: 'The floating-point model that is quantized.' });

const metricName = 'a name of letters, digits, dots, dashes, underscores, that begins with a letter';

const taskSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('classification').describe('Top-1, top-5, agreement with FP32.') }),
    z.strictObject({
      kind: z
        .literal('centerDetection')
        .describe('Dense heatmap [N, classes, H, W], scored by centre-distance mAP (nuScenes style).'),
      thresholds: listOf(
        positive('A distance in cells.'),
        'a list of distances in cells, each above 0',
        'Distances in cells at which a detection matches.',
      ).default([0.5, 1, 2, 4]),
      maxDetections: integer(1, 'Detections kept per sample.').default(100),
      minScore: fraction('a number from 0 to 1').describe('Detections below this score are dropped.').default(0.01),
      bootstrap: integer(1, 'Replicates of the paired bootstrap over samples that gives the interval.').default(400),
    }),
    z.strictObject({
      kind: z.literal('fidelity').describe("Mean cosine of the output to FP32's, by sample; needs no labels."),
      bootstrap: integer(1, 'Replicates of the paired bootstrap over samples that gives the interval.').default(400),
    }),
    z.strictObject({
      kind: z.literal('module').describe('A metric of your own, an ES module. Runs with --allow-code only.'),
      path: file('the path of an ES module', 'The module; its default export makes the metric.'),
      options: options(),
      bootstrap: integer(
        0,
        'Replicates of the paired bootstrap over samples that gives the interval; 0: none.',
      ).default(400),
    }),
    z.strictObject({
      kind: z.literal('command').describe('A metric by an external command. Runs with --allow-code only.'),
      command: listOf(
        text('a word of the command', 'A word.'),
        'a list: the program and its arguments',
        'Program and arguments, run without a shell in the folder of the experiment; {predictions} is the .npy file.',
      ).refine((words) => words.some((word) => word.includes('{predictions}')), {
        error: 'a command with {predictions} among its arguments',
      }),
      metric: z
        .string({ error: metricName })
        .regex(/^[A-Za-z][\w.@-]{0,63}$/, { error: metricName })
        .describe('Name of the value in results.'),
      higherIsBetter: z
        .boolean({ error: 'true or false' })
        .describe('false: 1 - value is what trials are ranked by.')
        .default(true),
      timeoutSeconds: positive('Longest time that one run of the command may take.').default(600),
    }),
  ])
  .meta({ title: 'Task', description: 'What the evaluated output is and how it is scored.' });

const bits = z
  .int({ error: '2 to 8, or 16' })
  .refine((value) => (value >= 2 && value <= 8) || value === 16, { error: '2 to 8, or 16' });

const glob = text('a glob of layer names', 'A glob.');

const layerRuleSchema = z
  .strictObject({
    match: text(
      'first, last or a glob of layer names',
      '`first` or `last` of the selected layers in graph order, or a glob of layer names.',
    ),
    precision: oneOf(['float', 'quantized'], '`float` leaves the layers in float.').default('quantized'),
    activationBits: bits.describe('Bits of their input quantizers; null: as elsewhere.').nullable().default(null),
    weightBits: bits.describe('Bits of their weight quantizers; null: as elsewhere.').nullable().default(null),
  })
  .superRefine((rule, context) => {
    if (rule.precision !== 'float') return;
    for (const path of ['activationBits', 'weightBits'] as const) {
      if (rule[path] !== null)
        context.addIssue({ code: 'custom', path: [path], message: 'no bits beside precision float' });
    }
  })
  .meta({ title: 'Layer rule', description: 'Other quantizers for some layers; the last matching rule counts.' });

const layersSchema = z
  .strictObject({
    ops: listOf(
      z.enum(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']),
      'a list of operators',
      'Weighted operators that are quantized.',
    ).default(['Conv']),
    include: listOf(glob, 'a list of globs', 'Globs of layer names that are quantized (`*`: any characters).').default([
      '*',
    ]),
    exclude: z
      .array(glob, { error: 'a list of globs' })
      .describe('Globs of layer names that stay in float; wins over include.')
      .default([]),
    rules: z
      .array(layerRuleSchema, { error: 'a list of rules' })
      .describe('Layers that stay in float or get other bits; of several matching rules the last counts.')
      .default([]),
    sensitivity: oneOf(
      ['none', 'only', 'allBut'],
      'One trial for each layer: `only` it quantized, or `allBut` it quantized.',
    ).default('none'),
    focus: text(
      'a glob of layer names',
      'Glob of the layers that `sensitivity` makes trials for; every selected one by default.',
    ).default('*'),
    keepFloat: integer(0, 'So many of the layers that hurt the output most alone stay in float.').default(0),
  })
  .meta({ title: 'Layers', description: 'Which layers are quantized. Input and weight of each, nothing else.' });

const quantizationSchema = z
  .strictObject({
    activation: z
      .strictObject({
        bits: bits.describe('Bits of the input quantizer: 2 to 8, or 16.').default(8),
        calibrator: oneDefined(
          calibratorNames,
          calibrators,
          'How calibration statistics become the range (amax)',
        ).default('max'),
        percentile: z
          .number({ error: 'a number above 50, at most 100' })
          .gt(50, { error: 'a number above 50, at most 100' })
          .max(100, { error: 'a number above 50, at most 100' })
          .describe('Percent of all |x| that calibrator `percentile` does not clip.')
          .default(99.99),
        scheme: oneDefined(activationSchemeNames, activationSchemes, 'The integers').default('signed'),
        narrowRange: flag('Leaves out the lowest level: signed levels are symmetric.').default(false),
      })
      .prefault({})
      .meta({ title: 'Input quantizer', description: 'One range per tensor.' }),
    weight: z
      .strictObject({
        bits: bits.describe('Bits of the weight quantizer: 2 to 8, or 16.').default(8),
        granularity: oneOf(['channel', 'tensor'], 'One range per output channel, or one for the whole weight.').default(
          'channel',
        ),
        calibrator: oneDefined(weightCalibratorNames, weightCalibrators, 'How the weight becomes the range').default(
          'max',
        ),
        scheme: oneDefined(weightSchemeNames, weightSchemes, 'The integers').default('signed'),
        narrowRange: flag('Leaves out the lowest level: signed levels are symmetric.').default(false),
      })
      .prefault({})
      .meta({ title: 'Weight quantizer', description: 'Its range is taken after smoothing.' }),
    biasCorrection: z
      .strictObject({
        method: oneOf(
          ['none', 'empirical'],
          '`empirical`: the mean error of each output channel over calibration samples is taken off the bias.',
        ).default('none'),
        samples: integer(1, 'The first so many calibration samples.').default(256),
      })
      .prefault({})
      .meta({ title: 'Bias correction', description: 'Nagel et al., arXiv 1906.04721, section 4.2.' }),
    execution: oneOf(
      ['simulated', 'integer'],
      '`integer`: accuracy is that of the QDQ model, which the runtime may fuse to integer kernels.',
    ).default('simulated'),
  })
  .superRefine(({ activation }, context) => {
    const { asymmetric } = calibrators[activation.calibrator];
    if (activationSchemes[activation.scheme].isSymmetric || 'range' in asymmetric) return;
    const others = asymmetricCalibrators().join(' or ');
    const message = `${others} beside scheme ${activation.scheme} (${activation.calibrator} is ${asymmetric.obstacle})`;
    context.addIssue({ code: 'custom', path: ['activation', 'calibrator'], message });
  })
  .meta({ title: 'Quantization', description: 'The two quantizers of every layer. W8A8 by default.' });

const smoothingSchema = z
  .strictObject({
    mode: oneDefined(smoothingModeNames, smoothingModes, 'How s comes about').default('static'),
    alpha: z
      .union([z.literal('auto'), fraction('a number from 0 to 1')], { error: 'a number from 0 to 1, or "auto"' })
      .describe("Migration strength; `auto`: the candidate whose output is nearest to FP32's. Used by `static` only.")
      .default(0.5),
    absmax: oneOf(
      ['channel', 'view'],
      '`channel`: true channel statistics; `view`: those of x.view(-1, C), a common mistake.',
    ).default('channel'),
    apply: oneOf(
      ['insert', 'fold'],
      '`insert`: each layer divides its own input; `fold`: 1/s goes into what makes the input, where that is exact.',
    ).default('insert'),
  })
  .meta({
    title: 'Smoothing',
    description: 's[c] = act[c]^alpha / wt[c]^(1 - alpha), SmoothQuant (arXiv 2211.10438).',
  });

const ascending = 'ascending numbers from 0 to 1, none twice';
const defaultCandidates = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

const searchSchema = z
  .strictObject({
    candidates: listOf(
      fraction('a number from 0 to 1'),
      ascending,
      'Candidate alphas, ascending; a range {from, to, step} is allowed.',
    )
      .refine((values) => values.every((value, index) => index === 0 || value > values[index - 1]!), {
        error: ascending,
      })
      .register(rangesAllowed, { kind: 'range' })
      .default(defaultCandidates),
    samples: integer(1, 'The first so many calibration samples.').default(256),
    objective: oneOf(
      ['l1', 'mse', 'channelMse'],
      "What a candidate is judged by: mean |error| or squared error of the layer's output, or squared error relative to each channel's power.",
    ).default('l1'),
    order: oneOf(
      ['isolated', 'sequential', 'output'],
      '`isolated`: each layer alone; `sequential`: behind its quantized predecessors; `output`: descent on the divergence of the output.',
    ).default('isolated'),
    ties: oneOf(['smaller', 'larger'], 'Which of equally good candidates is taken.').default('smaller'),
    sweeps: integer(1, 'Times that order `output` goes through all layers at most.').default(1),
  })
  .meta({ title: 'Search', description: 'The search of smoothing mode `dynamic` and of alpha `auto`.' });

const lossSchema = z
  .strictObject({
    samples: integer(1, 'The first so many evaluation samples.').default(512),
    modes: listOf(
      z.enum(['accumulated', 'isolated', 'weight', 'activation']),
      'a list of loss modes',
      '`accumulated`: whole network quantized; `isolated`: the layer alone; `weight`, `activation`: only that quantizer of it.',
    )
      .refine((modes) => new Set(modes).size === modes.length, { error: 'each mode once' })
      .default(['accumulated', 'isolated']),
  })
  .meta({ title: 'Layer losses', description: 'Error of each layer output against FP32.' });

const gateSchema = z
  .strictObject({
    samples: integer(1, 'The first so many evaluation samples.').default(64),
    tolerance: positive('Largest allowed error relative to the absmax of the FP32 output.').default(0.001),
  })
  .meta({
    title: 'Equivalence gate',
    description: 'The smoothed float model must reproduce FP32, or the trial fails.',
  });

/** One zod schema per section of an experiment file, in the shape of the file. Every leaf in them can be an axis. */
export const sectionSchemas = {
  model: modelSchema,
  data: dataSectionSchema,
  task: taskSchema,
  layers: layersSchema.prefault({}),
  quantization: quantizationSchema.prefault({}),
  smoothing: smoothingSchema.prefault({}),
  search: searchSchema.prefault({}),
  loss: lossSchema.prefault({}),
  gate: gateSchema.prefault({}),
} as const;

export type SectionName = keyof typeof sectionSchemas;

/** The sections' names in the order of the file. */
export const sectionNames = Object.keys(sectionSchemas) as SectionName[];

/** Validated sections in the shape of the file, defaults filled in, paths as written. */
export type FileSettings = { readonly [Name in SectionName]: z.output<(typeof sectionSchemas)[Name]> };
