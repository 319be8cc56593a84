import { z } from 'zod';
import { asymmetricCalibrators } from '../../calibrate/calibrators/calibrate-input.js';
import { calibratorNames, calibrators } from '../../calibrate/calibrators/registry.js';
import { activationSchemeNames, activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import { weightSchemeNames, weightSchemes } from '../../calibrate/schemes/weight-schemes.js';
import { weightCalibratorNames, weightCalibrators } from '../../calibrate/weight-calibrators/registry.js';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import { targetOf, type TargetName } from '../../targets/registry.js';
import { fixIdle } from './fix-idle.js';
import type { Immutable } from '../../schema/settled.js';
import type { RunSettings } from './run.js';
import {
  addedLater,
  flag,
  integer,
  oneDefined,
  oneOf,
  optionalSection,
  quantizerBits,
} from '../../schema/schema-leaves.js';
import type { Check, Column, Finding, FixedWhereIdle, IdleRule } from './section.js';

/**
 * Samples of second moments where the file does not say. With half as many, errors of layers on
 * other samples are about 5 % larger.
 */
const ROUNDING_SAMPLES = 256;

const schema = z
  .strictObject({
    activation: z
      .strictObject({
        bits: quantizerBits.describe('Bits of the input quantizer: 2 to 8, or 16.').default(8),
        calibrator: oneDefined(
          calibratorNames,
          calibrators,
          'How calibration statistics become the range (amax)',
        ).default('max'),
        percentile: z
          .number({ error: 'a number above 50, at most 100' })
          .gt(50, { error: 'a number above 50, at most 100' })
          .max(100, { error: 'a number above 50, at most 100' })
          .describe('Percentage of all |x| that calibrator `percentile` does not clip.')
          .default(99.99),
        scheme: oneDefined(activationSchemeNames, activationSchemes, 'The integers').default('signed'),
        narrowRange: flag('Leaves out the lowest level: signed levels are symmetric.').default(false),
      })
      .prefault({})
      .meta({ title: 'Input quantizer', description: 'One range per tensor.' }),
    weight: z
      .strictObject({
        bits: quantizerBits.describe('Bits of the weight quantizer: 2 to 8, or 16.').default(8),
        granularity: oneOf(['channel', 'tensor'], 'One range per output channel, or one for the whole weight.').default(
          'channel',
        ),
        calibrator: oneDefined(weightCalibratorNames, weightCalibrators, 'How the weight becomes the range').default(
          'max',
        ),
        scheme: oneDefined(weightSchemeNames, weightSchemes, 'The integers').default('signed'),
        narrowRange: flag('Leaves out the lowest level: signed levels are symmetric.').default(false),
        rounding: addedLater(
          oneOf(
            ['nearest', 'gptq', 'gptq-descent'],
            'How weights become integers. `gptq`: one column after the other, the error carried to those that follow, by second moments of the inputs (arXiv 2210.17323); `gptq-descent`: from there by coordinate descent to its end (arXiv 2309.01885).',
          ),
          'nearest',
        ),
      })
      .prefault({})
      .meta({ title: 'Weight quantizer', description: 'Its range is taken after smoothing.' }),
    rounding: optionalSection(
      z
        .strictObject({
          inputs: addedLater(
            oneOf(
              ['float', 'quantized'],
              'Whose inputs the rounding is good for: those of the float model, or, layer by layer, those that the quantized layers before really give. `quantized` corrects biases as well, and costs a pass for each depth.',
            ),
            'float',
          ),
          samples: addedLater(
            integer(1, 'Number of calibration samples, from the first, that second moments are taken over.'),
            ROUNDING_SAMPLES,
          ),
          centered: addedLater(
            flag('Moments about the mean: what a corrected bias takes off is no error. Only with bias correction.'),
            false,
          ),
        })
        .prefault({})
        .meta({
          title: 'Rounding',
          description:
            'Second moments that `weight.rounding`, `weight.calibrator: hessian` and `search.objective: hessian` go by.',
        }),
    ),
    biasCorrection: z
      .strictObject({
        method: oneOf(
          ['none', 'empirical'],
          '`empirical`: subtract the mean error of each output channel, over calibration samples, from the bias.',
        ).default('none'),
        samples: integer(1, 'Number of calibration samples, from the first.').default(256),
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
  .meta({ title: 'Quantization', description: 'The two quantizers of every layer. W8A8 by default.' })
  .prefault({});

export type QuantizationSettings = Immutable<z.output<typeof schema>>;

export type ActivationQuantizerSettings = QuantizationSettings['activation'];

export type WeightQuantizerSettings = QuantizationSettings['weight'];

/** How integers are chosen where second moments of the inputs tell. */
export type Rounding = NonNullable<WeightQuantizerSettings['rounding']>;

export interface RoundingSettings {
  readonly inputs: 'float' | 'quantized';
  readonly samples: number;
  readonly centered: boolean;
}

/** With its defaults, which a trial's settings lack. */
export function roundingOf({ rounding }: Pick<QuantizationSettings, 'rounding'>): RoundingSettings {
  const { inputs = 'float', samples = ROUNDING_SAMPLES, centered = false } = rounding ?? {};
  return { inputs, samples, centered };
}

/** Whether the weights of a trial are quantized by second moments of its layers' inputs. */
export function readsMoments({ weight }: Pick<QuantizationSettings, 'weight'>): boolean {
  return (weight.rounding ?? 'nearest') !== 'nearest' || weightCalibrators[weight.calibrator].reads === 'moments';
}

/** Whether weights are rounded layer by layer, by the inputs that quantized layers give. */
export function roundsOnQuantizedInputs(quantization: QuantizationSettings): boolean {
  return readsMoments(quantization) && roundingOf(quantization).inputs === 'quantized';
}

/**
 * The same with weights rounded to the nearest: of work that comes before rounding. Ranges that
 * second moments would choose are then those of the smallest squared error.
 */
export function withoutMoments<Settings extends Pick<QuantizationSettings, 'rounding' | 'weight'>>(
  settings: Settings,
): Settings {
  if (!readsMoments(settings)) return settings;
  const { rounding: _rounding, ...rest } = settings;
  const { rounding: _how, calibrator, ...weight } = settings.weight;
  const reads = weightCalibrators[calibrator].reads;
  return { ...rest, weight: { ...weight, calibrator: reads === 'moments' ? 'mse' : calibrator } } as Settings;
}

/** `integer`: the QDQ model, which the runtime may fuse to its integer kernels. */
export type Execution = QuantizationSettings['execution'];

interface Written {
  readonly quantization: QuantizationSettings;
}

/** Settings that other settings of the section make idle. */
export const idleInQuantization: readonly FixedWhereIdle<Written>[] = [
  {
    path: 'activation.percentile',
    fixedAt: 99.99,
    idleBeside: ({ quantization: { activation } }) =>
      calibrators[activation.calibrator].parameters.includes('percentile')
        ? null
        : `beside quantization.activation.calibrator ${activation.calibrator}`,
  },
  {
    path: 'activation.narrowRange',
    fixedAt: false,
    off: false,
    idleBeside: ({ quantization: { activation } }) =>
      activationSchemes[activation.scheme].canBeNarrow
        ? null
        : `beside quantization.activation.scheme ${activation.scheme}`,
  },
  {
    path: 'weight.narrowRange',
    fixedAt: false,
    off: false,
    idleBeside: ({ quantization: { weight } }) =>
      weightSchemes[weight.scheme].canBeNarrow ? null : `beside quantization.weight.scheme ${weight.scheme}`,
  },
  {
    path: 'biasCorrection.method',
    fixedAt: 'empirical',
    idleBeside: ({ quantization }) =>
      roundsOnQuantizedInputs(quantization)
        ? 'beside quantization.rounding.inputs quantized, which corrects biases'
        : null,
  },
  {
    path: 'biasCorrection.samples',
    fixedAt: 0,
    isLabelled: true,
    idleBeside: ({ quantization }) =>
      roundsOnQuantizedInputs(quantization)
        ? 'beside quantization.rounding.inputs quantized, which corrects biases over rounding.samples'
        : quantization.biasCorrection.method === 'none'
          ? 'beside quantization.biasCorrection.method none'
          : null,
  },
];

/** Without second moments nothing of `rounding` counts; see {@link canonicalRounding}. */
const idleRounding: readonly IdleRule<Written>[] = [
  ...['inputs', 'samples', 'centered'].map((name) => ({
    path: `rounding.${name}`,
    idleBeside: ({ quantization }: Written) =>
      readsMoments(quantization)
        ? null
        : 'beside quantization.weight.rounding nearest with a calibrator that reads weights alone',
  })),
  {
    path: 'rounding.centered',
    idleBeside: ({ quantization }) =>
      quantization.biasCorrection.method === 'none' && !roundsOnQuantizedInputs(quantization)
        ? 'beside quantization.biasCorrection.method none'
        : null,
  },
];

const idleExecution: IdleRule<{ readonly run: Pick<RunSettings, 'optimizationLevel'> }> = {
  path: 'execution',
  off: 'simulated',
  idleBeside: ({ run }) =>
    run.optimizationLevel === 'disabled'
      ? 'beside run.optimizationLevel disabled, at which nothing is fused to integer kernels'
      : null,
};

/** What the target runs. */
const checkTarget: Check<Written & { readonly target: TargetName }> = ({ quantization, target: name }) => {
  const target = targetOf(name);
  if (target === null) return null;
  const { activation, weight, execution } = quantization;
  const amiss = (path: string, runs: readonly unknown[], got: unknown): Finding | null =>
    runs.includes(got)
      ? null
      : { path, text: `expected ${runs.join(' or ')} beside target ${name}, got ${String(got)}` };
  return (
    amiss('activation.scheme', target.activations.schemes, activation.scheme) ??
    amiss('activation.bits', target.activations.bits, activation.bits) ??
    amiss('weight.scheme', target.weights.schemes, weight.scheme) ??
    amiss('weight.granularity', target.weights.granularities, weight.granularity) ??
    amiss('weight.bits', target.weights.bits, weight.bits) ??
    amiss('execution', target.kernels === null ? ['simulated'] : ['simulated', 'integer'], execution)
  );
};

interface Trial {
  readonly quantization: QuantizationSettings | null;
}

const columns: readonly Column<Trial>[] = [
  { name: 'activation_bits', type: 'INTEGER', value: ({ quantization }) => quantization?.activation.bits },
  { name: 'activation_calibrator', type: 'TEXT', value: ({ quantization }) => quantization?.activation.calibrator },
  {
    name: 'percentile',
    type: 'REAL',
    value: ({ quantization }) =>
      quantization !== null && calibrators[quantization.activation.calibrator].parameters.includes('percentile')
        ? quantization.activation.percentile
        : null,
  },
  { name: 'activation_scheme', type: 'TEXT', value: ({ quantization }) => quantization?.activation.scheme },
  { name: 'weight_bits', type: 'INTEGER', value: ({ quantization }) => quantization?.weight.bits },
  { name: 'weight_granularity', type: 'TEXT', value: ({ quantization }) => quantization?.weight.granularity },
  { name: 'weight_calibrator', type: 'TEXT', value: ({ quantization }) => quantization?.weight.calibrator },
  { name: 'weight_scheme', type: 'TEXT', value: ({ quantization }) => quantization?.weight.scheme },
  { name: 'bias_correction', type: 'TEXT', value: ({ quantization }) => quantization?.biasCorrection.method },
  { name: 'execution', type: 'TEXT', value: ({ quantization }) => quantization?.execution },
  {
    name: 'weight_rounding',
    type: 'TEXT',
    value: ({ quantization }) => quantization && (quantization.weight.rounding ?? 'nearest'),
  },
  {
    name: 'rounding_inputs',
    type: 'TEXT',
    value: ({ quantization }) =>
      quantization !== null && readsMoments(quantization) ? roundingOf(quantization).inputs : null,
  },
];

export const quantizationSection = {
  schema,
  idle: [...idleInQuantization, ...idleRounding, idleExecution],
  checks: [checkTarget],
  columns,
};

/** Null where no weight is rounded by second moments. */
function canonicalRounding(
  settings: QuantizationSettings,
  calibrationSamples: number,
): QuantizationSettings['rounding'] | null {
  if (!readsMoments(settings)) return null;
  const { inputs, samples, centered } = roundingOf(settings);
  const corrects = settings.biasCorrection.method !== 'none' || inputs === 'quantized';
  return { inputs, samples: Math.min(samples, calibrationSamples), centered: centered && corrects };
}

/** @param calibrationSamples the most that there are */
export const canonicalQuantization = memoizeByIdentity(
  (settings: QuantizationSettings, calibrationSamples: number): QuantizationSettings => {
    // Stored settings have `execution` first.
    const {
      activation,
      weight,
      biasCorrection,
      rounding: _rounding,
      ...rest
    } = fixIdle(settings, idleInQuantization, {
      quantization: settings,
    });
    const samples = Math.min(biasCorrection.samples, calibrationSamples);
    const rounding = canonicalRounding(settings, calibrationSamples);
    return {
      ...rest,
      activation,
      weight,
      biasCorrection: { ...biasCorrection, samples },
      ...(rounding === null ? {} : { rounding }),
    };
  },
);
