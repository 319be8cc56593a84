import type { ExploredColumn } from './explored-table.js';
import type { MetricText } from './number-text.js';
import { durationText, intervalText, signed, significantText, valueText } from './number-text.js';
import type { Row } from './query.js';
import { numberOrNull, textOf, textOrNull } from './query.js';

/** Letters of a status or an error in a cell at most. */
const mostLetters = 300;

/** The text of a cell of an explored table; an en dash where the row has no value. */
export function exploredText({ field, format }: ExploredColumn, row: Row, metric: MetricText): string {
  const cell = row[field] ?? null;
  switch (format) {
    case 'trial':
      return textOf(row, 'label');
    case 'text':
    case 'code':
    case 'setting':
    case 'word':
    case 'written':
    case 'role':
      return cell === null ? '–' : String(cell);
    case 'boolean':
      return cell === null ? '–' : String(cell !== 0);
    case 'status':
      return statusText(row);
    case 'provider':
      return textOrNull(row, field)?.replaceAll('ExecutionProvider', '') ?? '–';
    case 'value':
      return valueText(numberOrNull(row, field), metric);
    case 'interval': {
      const [low, high] = [numberOrNull(row, 'ci_low'), numberOrNull(row, 'ci_high')];
      return low === null || high === null ? '–' : intervalText(low, high, metric);
    }
    case 'gap': {
      const gap = row['role'] === 'fp32' ? null : numberOrNull(row, field);
      return gap === null ? '–' : signed(gap, metric);
    }
    case 'difference': {
      const difference = numberOrNull(row, field);
      return difference === null ? '–' : signed(difference, metric);
    }
    case 'p':
      return pText(numberOrNull(row, field), row[`${field}_relation`] === '<=');
    case 'loss':
      return significantText(numberOrNull(row, field));
    case 'share': {
      const share = numberOrNull(row, field);
      return share === null ? '–' : `${(100 * share).toFixed(2)} %`;
    }
    case 'exponent':
      return exponentText(numberOrNull(row, field));
    case 'duration':
      return durationText(numberOrNull(row, field));
  }
}

/** `1.2e-7`; 0 without an exponent. */
function exponentText(value: number | null): string {
  if (value === null) return '–';
  return value === 0 ? '0' : value.toExponential(1);
}

/** What emphasizes a row: the best one and those that failed. */
export function rowClass(row: Row, best: number | null): 'best' | 'failed' | null {
  if (row['status'] === 'failed') return 'failed';
  return best !== null && row['trial'] === best ? 'best' : null;
}

function statusText(row: Row): string {
  const status = textOf(row, 'status');
  if (status === 'stopped') return `stopped after ${String(row['evaluated_samples'])} samples`;
  const reason = [textOrNull(row, 'error_class'), textOrNull(row, 'error')].filter((part) => part !== null).join(': ');
  return status === 'failed' && reason !== '' ? `failed: ${reason.slice(0, mostLetters)}` : status;
}

/** @param isBound of the bootstrap, whose replicates resolve no smaller p */
function pText(value: number | null, isBound: boolean): string {
  if (value === null) return '–';
  return value < 0.001 ? '< 0.001' : `${isBound ? '≤ ' : ''}${value.toFixed(3)}`;
}
