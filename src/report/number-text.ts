/**
 * How a metric's values and differences are written; every number of the report passes through this
 * file.
 */
export interface MetricText {
  /** As stored: `top1`, `mAP`, ... */
  readonly metric: string;
  /** As people say it: `top-1 accuracy`. */
  readonly name: string;
  /** Shorter, for tiles and table heads: `top-1`. */
  readonly shortName: string;
  /** How it is computed and by whose definition, a sentence; null where that is not known. */
  readonly definition: string | null;
  /** `percent`: a share of samples; mAP is a fraction and stays between 0 and 1. */
  readonly unit: 'percent' | 'fraction' | 'dB' | 'ratio' | 'number';
  /** True for shares of samples, written in percent. */
  readonly isProportion: boolean;
  /**
   * Digits behind the point, of percent where it is a proportion. Percentages have as many as the
   * evaluation samples support: one up to 1000, where one sample more is 0.1 points or more, so
   * that one digit tells all counts apart; two beyond. Decibels have two, others four, and more
   * where values lie closer together.
   */
  readonly digits: number;
  /** d3 formats: of axis labels, without digits, as the axis' step tells them; and of tooltips. */
  readonly axisFormat: string;
  readonly tooltipFormat: string;
  /** The same of a signed difference. */
  readonly differenceFormat: string;
  /** Of differences: `points`, `dB`; empty where they have none. */
  readonly differenceUnit: string;
  /** Unit and direction for an axis title, e.g. `top-1 accuracy (%), higher is better`. */
  readonly axisTitle: string;
}

/** What is known of a metric: see MetricDefinition of tasks. */
export interface MetricWords {
  readonly title: string;
  readonly definition: string;
  readonly unit: 'fraction' | 'dB' | 'ratio' | 'number';
  /** It is a share of the samples. */
  readonly countsSamples?: boolean;
}

/** Of metrics whose task says nothing of them. */
const names: Readonly<Record<string, readonly [string, string]>> = {
  top1: ['top-1 accuracy', 'top-1'],
  top5: ['top-5 accuracy', 'top-5'],
  agreement: ['agreement with FP32', 'agreement'],
};

const axisUnits = { percent: ' (%)', fraction: ' (0 to 1)', dB: ' (dB)', ratio: '', number: '' } as const;

const differenceUnits = { percent: 'points', fraction: '', dB: 'dB', ratio: '', number: '' } as const;

/**
 * The way to write values of a stored metric. Unknown metrics are written as numbers between 0 and
 * 1.
 *
 * @param samples evaluation samples that the values are of; null where they are not known or many
 *   evaluations stand side by side
 * @param words what the task says of it; null: nothing
 * @param values that stand side by side and are to be told apart
 */
export function metricText(
  metric: string,
  samples: number | null = null,
  words: MetricWords | null = null,
  values: readonly number[] = [],
): MetricText {
  const known = names[metric];
  const isProportion = words === null ? known !== undefined : words.countsSamples === true;
  const unit = isProportion ? 'percent' : (words?.unit ?? 'fraction');
  const name = words?.title ?? known?.[0] ?? metric;
  const digits = isProportion ? (samples !== null && samples <= 1000 ? 1 : 2) : digitsOf(unit, values);
  return {
    metric,
    name,
    shortName: known?.[1] ?? name.replace(/(?: \(|, ).*$/s, ''),
    definition: words?.definition ?? null,
    ...{ unit, isProportion, digits },
    axisFormat: isProportion ? '%' : 'f',
    tooltipFormat: isProportion ? `.${digits}%` : `.${digits}f`,
    differenceFormat: isProportion ? '+.2%' : `+.${digits}f`,
    differenceUnit: differenceUnits[unit],
    axisTitle: `${name}${axisUnits[unit]}, higher is better`,
  };
}

/**
 * Two more digits than tell the upper half of the values apart, where they are closer than usual:
 * trials that all have a cosine of 0.9999 differ in the seventh.
 */
function digitsOf(unit: MetricText['unit'], values: readonly number[]): number {
  const usual = unit === 'dB' ? 2 : 4;
  const sorted = [...new Set(values)].sort((a, b) => b - a);
  const best = sorted[0];
  if (best === undefined || sorted.length === 1) return usual;
  const spread = best - sorted[Math.floor(sorted.length / 2)]!;
  // As finely as the usual digits tell ten values apart.
  if (spread >= 10 ** (1 - usual)) return usual;
  return Math.min(9, Math.max(usual, Math.ceil(-Math.log10(spread)) + 2));
}

/**
 * The same for means over pairs of trials, which are finer than one sample: two digits of percent.
 */
export function meanText(metric: MetricText): MetricText {
  return metric.isProportion ? { ...metric, digits: 2, tooltipFormat: '.2%' } : metric;
}

/** `91.73 %`, `31.24 dB`, or `0.7497` for mAP; an en dash for a missing value. */
export function valueText(value: number | null, metric: MetricText): string {
  return value === null ? '–' : bareValue(value, metric) + valueUnit(metric);
}

/** The same without its unit, as the lower end of a range has it. */
export function bareValue(value: number, { isProportion, digits }: MetricText): string {
  return (isProportion ? 100 * value : value).toFixed(digits).replace('-', '−');
}

function valueUnit({ unit }: MetricText): string {
  return unit === 'percent' ? '\u00a0%' : unit === 'dB' ? '\u00a0dB' : '';
}

/** `91.17–92.25 %`: the ends of an interval with one unit. */
export function intervalText(low: number, high: number, metric: MetricText): string {
  const between = low < 0 ? ' to ' : '–';
  return bareValue(low, metric) + between + bareValue(high, metric) + valueUnit(metric);
}

/**
 * A signed difference: `+0.31 points` (of a percent scale), `−1.20 dB`, `−0.0031` for mAP. Uses the
 * true minus sign, and spaces that do not break.
 */
export function differenceText(difference: number | null, metric: MetricText): string {
  if (difference === null) return '–';
  return signed(difference, metric) + (metric.differenceUnit === '' ? '' : `\u00a0${metric.differenceUnit}`);
}

/** The size of a difference without its sign: `0.31 points`. */
export function magnitudeText(difference: number, metric: MetricText): string {
  return differenceText(Math.abs(difference), metric).replace('+', '');
}

/** ` in points`, ` in dB`: what a column of differences is in; empty where it has no unit. */
export function inDifferenceUnit({ differenceUnit }: MetricText): string {
  return differenceUnit === '' ? '' : ` in ${differenceUnit}`;
}

/** ` (points)`, ` (dB)`, for titles. */
export function differenceUnitNote({ differenceUnit }: MetricText): string {
  return differenceUnit === '' ? '' : ` (${differenceUnit})`;
}

/** ` (%)`, ` (dB)`, for titles. */
export function valueUnitNote({ unit }: MetricText): string {
  return unit === 'percent' || unit === 'dB' ? axisUnits[unit] : '';
}

/** A signed difference without unit, for table cells. */
export function signed(difference: number, metric: MetricText): string {
  const digits = (metric.isProportion ? 100 * difference : difference).toFixed(metric.digits);
  if (Number(digits) === 0) return digits.replace('-', '');
  return difference > 0 ? `+${digits}` : digits.replace('-', '−');
}

/**
 * `p = 0.03`, `p < 0.001`; of a bound that replicates can't resolve `p ≤ 0.005`. Three digits
 * near 0.05, to tell the side.
 */
export function pValueText(p: number, relation: '=' | '<=' = '='): string {
  if (p < 0.001) return 'p < 0.001';
  return `p ${relation === '<=' ? '≤' : '='} ${p >= 0.995 ? '1' : p.toFixed(p < 0.01 || Math.abs(p - 0.05) < 0.005 ? 3 : 2)}`;
}

/** The same of a row with `p_value` and `p_relation`; an en dash where it has none. */
export function pValueOf(row: Readonly<Record<string, unknown>>): string {
  const { p_value: p, p_relation: relation } = row;
  return typeof p === 'number' ? pValueText(p, relation === '<=' ? '<=' : '=') : '–';
}

/** At most so many significant digits, without trailing zeros: 0.0213, 1.2e-7. */
export function significantText(value: number | null, digits = 4): string {
  return value === null ? '–' : String(Number(value.toPrecision(digits)));
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `1 h 02 min`. */
export function durationText(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** `1 trial`, `3 trials`, `2 batches`. */
export function countText(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** A share as people say it: `71 %`, `4.2 %` below 10, `< 0.1 %`. */
export function shareText(share: number): string {
  const percent = 100 * share;
  if (percent < 0.1) return percent <= 0 ? '0\u00a0%' : '< 0.1\u00a0%';
  return `${percent.toFixed(percent < 9.95 ? 1 : 0)}\u00a0%`;
}

/** `1.1 MB`, powers of 1000. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A time as a part of another: `0.55`, `1.67`, `0.034`. */
export function ratioText(ratio: number): string {
  return ratio >= 0.1 ? ratio.toFixed(2) : ratio.toPrecision(2);
}
