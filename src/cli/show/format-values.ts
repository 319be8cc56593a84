import type { MetricText } from '../../report/number-text.js';
import { digitsBelowOne } from '../query/digits-below-one.js';

/** e.g. `850 ms`, `12.3 s`, `4m 05s`, `2h 10m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

/** A metric: `0.9173`, `31.24 dB`; near 1 with the digits that tell it from 1: `0.999968`. */
export function formatMetric(value: number, unit: MetricText['unit'] = 'fraction'): string {
  if (unit === 'dB') return `${value.toFixed(2)} dB`;
  return value.toFixed(Math.max(4, digitsBelowOne(value)));
}

/** e.g. `1 trial`, `43 trials`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
