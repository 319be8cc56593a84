import { basename } from 'node:path';
import type { TrialSettings } from '../experiment/sections/canonical-settings.js';
import { idleInQuantization } from '../experiment/sections/quantization.js';
import { smoothingModes } from '../smooth/modes/registry.js';
import { printableName } from '../text/printable.js';
import type { LayerRule } from '../experiment/sections/settings.js';

/** Axes that have words of their own in a label. */
const named = new Set([
  'smoothing.mode',
  'smoothing.alpha',
  'data.calibration.batches',
  'layers.sensitivity',
  'layers.focus',
]);

/**
 * Fields of data that are beside the source's own in the file, and around the source in
 * {@link TrialSettings}.
 */
const aroundSource = new Set(['batchSize', 'batches', 'samples', 'sampleSeed', 'stop']);

function method({ role, smoothing }: TrialSettings): string {
  return role === 'fp32' ? 'fp32' : smoothingModes[smoothing.mode].label(smoothing.alpha);
}

/** `only /conv1/Conv`: which layer a sensitivity trial is of. */
function sensitivity({ layers }: TrialSettings): readonly string[] {
  if (layers === null || layers.sensitivity === 'none') return [];
  return [`${layers.sensitivity === 'only' ? 'only' : 'all but'} ${layers.focus}`];
}

const quantizationRules = new Map(idleInQuantization.map((rule) => [`quantization.${rule.path}`, rule]));

/** False for a setting that takes a fixed value in the trial because it can't matter there. */
function matters(path: string, { quantization }: TrialSettings): boolean {
  const rule = quantizationRules.get(path);
  return (
    rule === undefined ||
    rule.isLabelled === true ||
    quantization === null ||
    rule.idleBeside({ quantization }) === null
  );
}

/** Reads the trial's own value of a setting; undefined where the trial does not depend on it. */
type ReadValue = (trial: TrialSettings) => unknown;

const stopConfidence: ReadValue = ({ role, evaluation }) =>
  role === 'candidate' ? (evaluation.stop?.confidence ?? null) : undefined;

/** Reads a setting by its path in the file. */
function readerOf(path: string): ReadValue {
  if (path === 'data.evaluation.stop.confidence') return stopConfidence;
  if (path === 'target')
    return ({ quantization, target = 'layers-only' }) => (quantization === null ? undefined : target);
  const [first, second, ...rest] = path.split('.') as [string, string, ...string[]];
  const isInSource = (second === 'calibration' || second === 'evaluation') && !aroundSource.has(rest[0]!);
  const segments = first === 'data' ? [second, ...(isInSource ? ['source'] : []), ...rest] : [first, second, ...rest];
  // In smoothing null stands for what does not apply, as for the seed of samples; elsewhere
  // (labels, mean) it is a value.
  const nullIsNone = first === 'smoothing' || path.endsWith('.sampleSeed');
  return (trial) => {
    let value: unknown = trial;
    for (const segment of segments) value = (value as Record<string, unknown> | null | undefined)?.[segment];
    return !matters(path, trial) || (value === null && nullIsNone) ? undefined : value;
  };
}

/**
 * `quantization.weight.bits` as `weight.bits`; `smoothing.absmax` as `absmax`; others as they are.
 */
function shortPath(path: string): string {
  const segments = path.split('.');
  return segments.length > 2 || segments[0] === 'smoothing' ? segments.slice(1).join('.') : path;
}

function shortValue(value: unknown): string {
  if (typeof value === 'string') return value.includes('/') ? basename(value) : value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map(shortValue);
  return items.length <= 4 ? `[${items.join(' ')}]` : `[${items[0]!} .. ${items.at(-1)!}]`;
}

/** `[first:float head/*:A4W4]`: what each rule gives the layers that it matches. */
function shortRules(rules: unknown): string {
  const words = (rules as readonly LayerRule[]).map(({ match, precision, activationBits, weightBits }) => {
    const bits = `${activationBits === null ? '' : `A${activationBits}`}${weightBits === null ? '' : `W${weightBits}`}`;
    return `${match}:${precision === 'float' || bits === '' ? precision : bits}`;
  });
  return `[${words.join(' ')}]`;
}

interface VaryingSetting {
  readonly path: string;
  readonly read: ReadValue;
  readonly print: (value: unknown) => string;
}

/** The setting, if trials differ in it, with the shortest print that tells its values apart. */
function varyingSetting(path: string, trials: readonly TrialSettings[]): readonly VaryingSetting[] {
  // Thousands of trials have few values: each is written as JSON once.
  const read = readerOf(path);
  const all = new Set(trials.map(read).filter((value) => value !== undefined));
  const values = [...new Map([...all].map((value) => [JSON.stringify(value), value])).values()];
  if (values.length < 2) return [];
  const short = path === 'layers.rules' ? shortRules : shortValue;
  const isDistinctWhenShort = new Set(values.map(short)).size === values.length;
  return [{ path, read, print: isDistinctWhenShort ? short : (value) => JSON.stringify(value) }];
}

/**
 * One short label a trial: the method, the calibration size where it varies, and the other axes
 * that vary, as `static alpha=0.15, 200 batches, weight.granularity=tensor`. Distinct for trials
 * that differ in an axis. Files go by their base name and long lists by their ends where that tells
 * them apart. One line each, whatever layers are called.
 */
export function labelTrials(trials: readonly TrialSettings[], axisPaths: readonly string[]): readonly string[] {
  const sizes = new Set(trials.flatMap(({ calibration }) => (calibration === null ? [] : [calibration.batches])));
  const varying = axisPaths.filter((path) => !named.has(path)).flatMap((path) => varyingSetting(path, trials));
  return trials.map((trial) => {
    const batches = trial.calibration?.batches;
    const size = batches === undefined || sizes.size < 2 ? [] : [`${batches} ${batches === 1 ? 'batch' : 'batches'}`];
    const others = varying.flatMap(({ path, read, print }) => {
      const value = read(trial);
      return value === undefined ? [] : [`${shortPath(path)}=${print(value)}`];
    });
    return printableName([method(trial), ...sensitivity(trial), ...size, ...others].join(', '));
  });
}
