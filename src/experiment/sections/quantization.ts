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
import { flag, integer, oneDefined, oneOf, quantizerBits } from '../../schema/schema-leaves.js';
import type { Check, Column, Finding, FixedWhereIdle, IdleRule } from './section.js';

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
      })
      .prefault({})
      .meta({ title: 'Weight quantizer', description: 'Its range is taken after smoothing.' }),
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
    path: 'biasCorrection.samples',
    fixedAt: 0,
    isLabelled: true,
    idleBeside: ({ quantization: { biasCorrection } }) =>
      biasCorrection.method === 'none' ? 'beside quantization.biasCorrection.method none' : null,
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
];

export const quantizationSection = {
  schema,
  idle: [...idleInQuantization, idleExecution],
  checks: [checkTarget],
  columns,
};

/** @param calibrationSamples the most that there are */
export const canonicalQuantization = memoizeByIdentity(
  (settings: QuantizationSettings, calibrationSamples: number): QuantizationSettings => {
    // Stored settings have `execution` first.
    const { activation, weight, biasCorrection, ...rest } = fixIdle(settings, idleInQuantization, {
      quantization: settings,
    });
    const samples = Math.min(biasCorrection.samples, calibrationSamples);
    return { ...rest, activation, weight, biasCorrection: { ...biasCorrection, samples } };
  },
);
