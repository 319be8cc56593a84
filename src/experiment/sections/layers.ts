import { z } from 'zod';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import { layerOpNames } from '../../onnx/layers/layer-op.js';
import { fixIdle } from './fix-idle.js';
import type { Immutable } from '../../schema/settled.js';
import { addedLater, listOf, oneOf, quantizerBits, text } from '../../schema/schema-leaves.js';
import type { Check, Column, FixedWhereIdle, IdleRule } from './section.js';
import { alphaModeOf } from '../../smooth/canonical-smoothing.js';
import { isSearched } from './smoothing.js';
import type { SmoothingSettings } from './smoothing.js';
import { targetOf, type TargetName } from '../../targets/registry.js';
import { sortedSet } from './sorted-set.js';

const glob = text('a glob of layer names', 'A glob.');

/** Loss of the primary metric that `keepFloat: auto` allows where the file does not say. */
const KEEP_FLOAT_LOSS = 0.003;

/** What `keepFloat: slower` is timed at where the file does not say. */
const KEEP_FLOAT_BATCH = 1;
const KEEP_FLOAT_THREADS = 1;

const ruleSchema = z
  .strictObject({
    match: text(
      'first, last or a glob of layer names',
      '`first` or `last` of the selected layers in graph order, or a glob of layer names.',
    ),
    precision: oneOf(['float', 'quantized'], '`float` leaves the layers in float.').default('quantized'),
    activationBits: quantizerBits
      .describe('Bits of their input quantizers; null: as elsewhere.')
      .nullable()
      .default(null),
    weightBits: quantizerBits.describe('Bits of their weight quantizers; null: as elsewhere.').nullable().default(null),
  })
  .superRefine((rule, context) => {
    if (rule.precision !== 'float') return;
    for (const path of ['activationBits', 'weightBits'] as const) {
      if (rule[path] !== null)
        context.addIssue({ code: 'custom', path: [path], message: 'no bits beside precision float' });
    }
  })
  .meta({ title: 'Layer rule', description: 'Other quantizers for some layers; the last matching rule counts.' });

const schema = z
  .strictObject({
    ops: listOf(z.enum(layerOpNames), 'a list of operators', 'Weighted operators that are quantized.').default([
      'Conv',
    ]),
    include: listOf(glob, 'a list of globs', 'Globs of layer names that are quantized (`*`: any characters).').default([
      '*',
    ]),
    exclude: z
      .array(glob, { error: 'a list of globs' })
      .describe('Layers to keep in float, as globs; overrides include.')
      .default([]),
    rules: z
      .array(ruleSchema, { error: 'a list of rules' })
      .describe('Layers to keep in float or give other bit widths; the last matching rule applies.')
      .default([]),
    sensitivity: oneOf(
      ['none', 'only', 'allBut'],
      'One trial for each layer: `only` it quantized, or `allBut` it quantized.',
    ).default('none'),
    focus: text(
      'a glob of layer names',
      'Glob of the layers that `sensitivity` makes trials for; every selected one by default.',
    ).default('*'),
    keepFloat: z
      .union([z.literal('auto'), z.literal('slower'), z.int().min(0)], {
        error: 'a whole number from 0, auto, or slower',
      })
      .describe(
        'Number of layers to keep in float: the most sensitive ones; `auto`: the fewest that `keepFloatLoss` asks for; `slower`: those without which integers are faster, as measured here, with target onnxruntime-cpu.',
      )
      .default(0),
    keepFloatLoss: addedLater(
      z
        .number({ error: 'a number from 0' })
        .min(0, { error: 'a number from 0' })
        .describe(
          'Loss of the primary metric against FP32 that `keepFloat: auto` allows, in its unit: 0.003 is 0.3 points.',
        ),
      KEEP_FLOAT_LOSS,
    ),
    keepFloatBatch: addedLater(
      z
        .int({ error: 'a whole number from 1' })
        .min(1, { error: 'a whole number from 1' })
        .describe('Samples of one run that `keepFloat: slower` times. A model that fixes its batch is timed at that.'),
      KEEP_FLOAT_BATCH,
    ),
    keepFloatThreads: addedLater(
      z
        .int({ error: 'a whole number from 1' })
        .min(1, { error: 'a whole number from 1' })
        .describe('Threads of one operator while `keepFloat: slower` times it.'),
      KEEP_FLOAT_THREADS,
    ),
  })
  .meta({ title: 'Layers', description: 'Which layers are quantized. Input and weight of each, nothing else.' })
  .prefault({});

/**
 * `focus` is a glob in the file, and the name of one layer once a sensitivity trial is expanded.
 */
export type LayerSettings = Immutable<z.output<typeof schema>> & {
  /** Of a goal with `bits`, which no file has here: the bits of each layer are looked for. */
  readonly frontier?: FrontierSettings;
};

/** How bits are chosen layer by layer. */
export interface FrontierSettings {
  /** Ascending, `float` last. */
  readonly bits: readonly (number | 'float')[];
  /** Points of a metric that is a fraction, else in its own unit. */
  readonly maxDrop: number;
  readonly minimize: 'size' | 'bitOperations';
}

/** The settings where a file says nothing of layers. */
export const defaultLayers: LayerSettings = schema.parse({});

/**
 * What some layers get instead of the sweep's quantizers. Of several rules that match a layer the
 * last one counts.
 */
export type LayerRule = LayerSettings['rules'][number];

const fixed: readonly FixedWhereIdle<{ readonly layers: LayerSettings }>[] = [
  {
    path: 'focus',
    fixedAt: '*',
    idleBeside: ({ layers: { sensitivity } }) => (sensitivity === 'none' ? 'without layers.sensitivity' : null),
  },
];

const idle: readonly IdleRule<{ readonly layers: LayerSettings }>[] = [
  ...fixed,
  {
    path: 'keepFloatLoss',
    idleBeside: ({ layers: { keepFloat } }) => (keepFloat === 'auto' ? null : 'without layers.keepFloat: auto'),
  },
  ...['keepFloatBatch', 'keepFloatThreads'].map((path) => ({
    path,
    idleBeside: ({ layers: { keepFloat } }: { readonly layers: LayerSettings }) =>
      keepFloat === 'slower' ? null : 'without layers.keepFloat: slower',
  })),
];

interface Written {
  readonly target: TargetName;
  readonly layers: LayerSettings;
  readonly smoothing: SmoothingSettings;
}

/** Why layers can't be kept in float by their rank under the other settings; null if they can. */
export function obstacleToKeeping({
  layers: { sensitivity },
  smoothing,
}: Pick<Written, 'layers' | 'smoothing'>): string | null {
  if (sensitivity !== 'none') return `layers.sensitivity ${sensitivity}, which is of all layers`;
  if (!isSearched(smoothing)) return null;
  const mode = alphaModeOf(smoothing);
  const searched = mode === 'auto' ? 'smoothing.alpha auto' : `smoothing.mode ${mode}`;
  return `${searched}, whose alphas are searched with every layer quantized`;
}

const checkKeepFloat: Check<Written> = (settings) => {
  const { keepFloat } = settings.layers;
  const obstacle = keepFloat === 0 ? null : obstacleToKeeping(settings);
  if (obstacle === null) return null;
  return { path: 'keepFloat', text: `expected 0 beside ${obstacle}, got ${keepFloat}` };
};

/** What the integers of another target take can't be measured here. */
const checkMeasured: Check<Written> = ({ target, layers: { keepFloat } }) =>
  keepFloat !== 'slower' || target === 'onnxruntime-cpu'
    ? null
    : { path: 'keepFloat', text: `expected target onnxruntime-cpu beside slower, got target ${target}` };

/** How exports store weights: those of a frontier take as few bytes as its costs say. */
export function weightsIn(layers: Pick<LayerSettings, 'frontier'> | null): 'bytes' | 'packed' {
  return layers?.frontier === undefined ? 'bytes' : 'packed';
}

/** A target's tensors have bits, whoever reads them; of a weight it has what it runs. */
const checkBits: Check<Written> = ({ target: name, layers: { rules } }) => {
  const target = targetOf(name);
  if (target === null) return null;
  for (const [index, { activationBits, weightBits }] of rules.entries()) {
    for (const [path, bits, runs] of [
      ['activationBits', activationBits, target.activations.bits],
      ['weightBits', weightBits, target.weights.bits],
    ] as const) {
      if (bits === null || runs.includes(bits)) continue;
      return {
        path: `rules.${index}.${path}`,
        text: `expected ${runs.join(' or ')} beside target ${name}, got ${bits}`,
      };
    }
  }
  return null;
};

interface Trial {
  readonly layers: LayerSettings | null;
}

/** Of a sensitivity trial; undefined for others. */
function sensitivityOf({ layers }: Trial): LayerSettings | undefined {
  return layers === null || layers.sensitivity === 'none' ? undefined : layers;
}

/** Loss of the primary metric that `keepFloat: auto` allows. */
export function keepFloatLossOf({ keepFloatLoss }: LayerSettings): number {
  return keepFloatLoss ?? KEEP_FLOAT_LOSS;
}

/** What `keepFloat: slower` is timed at. */
export function keepFloatSpeedOf({ keepFloatBatch, keepFloatThreads }: LayerSettings): {
  readonly batchSize: number;
  readonly threads: number;
} {
  return { batchSize: keepFloatBatch ?? KEEP_FLOAT_BATCH, threads: keepFloatThreads ?? KEEP_FLOAT_THREADS };
}

function asNumber(keepFloat: LayerSettings['keepFloat'] | undefined): number | null {
  return typeof keepFloat === 'number' ? keepFloat : null;
}

const columns: readonly Column<Trial>[] = [
  { name: 'sensitivity', type: 'TEXT', value: (trial) => sensitivityOf(trial)?.sensitivity },
  { name: 'focus_layer', type: 'TEXT', value: (trial) => sensitivityOf(trial)?.focus },
  // Of `auto` the number that was found, once the trial is finished.
  { name: 'keep_float', type: 'INTEGER', value: ({ layers }) => asNumber(layers?.keepFloat) },
  {
    name: 'keep_float_loss',
    type: 'REAL',
    value: ({ layers }) => (layers?.keepFloat === 'auto' ? keepFloatLossOf(layers) : null),
  },
];

export const layersSection = { schema, idle, checks: [checkKeepFloat, checkMeasured, checkBits], columns };

export const canonicalLayers = memoizeByIdentity<LayerSettings, undefined, LayerSettings>((settings) => {
  const { ops, include, exclude, keepFloat } = settings;
  const { keepFloatLoss, keepFloatBatch, keepFloatThreads, ...rest } = fixIdle(settings, fixed, { layers: settings });
  return {
    ...rest,
    ...(keepFloat === 'slower' && keepFloatBatch !== undefined ? { keepFloatBatch } : {}),
    ...(keepFloat === 'slower' && keepFloatThreads !== undefined ? { keepFloatThreads } : {}),
    ...(keepFloat === 'auto' && keepFloatLoss !== undefined ? { keepFloatLoss } : {}),
    ops: sortedSet(ops),
    include: sortedSet(include),
    exclude: sortedSet(exclude),
  };
});
