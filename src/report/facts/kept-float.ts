import { numberOf, sqlText, textOf, toRows, type Query, type Row } from '../query.js';

/** A set of layers in float that `layers.keepFloat: auto` tried for a trial. */
export interface KeptFloat {
  readonly label: string;
  /** The most sensitive first. */
  readonly layers: readonly string[];
  /** Layers that may be quantized. */
  readonly of: number;
  readonly metric: string;
  readonly value: number;
  /** How far FP32's value is above, and how far it may be. */
  readonly loss: number;
  readonly allowed: number;
}

/** Every set that was tried, fewest layers first. */
export function triedFloatSql(sweep: string): string {
  return `SELECT k.trial, k.label, k.keep, k.layers, k.metric, k.value, k.loss, k.allowed, k.chosen,
       (SELECT count(*) FROM v_layer_rank r WHERE r.sweep = k.sweep AND r.trial = k.trial) AS layers_in_all
FROM v_keep_try k WHERE k.sweep = ${sqlText(sweep)} ORDER BY k.trial, k.keep, k.position`;
}

/** What the sweep's trials chose, in order of their numbers. */
export function readKeptFloat(query: Query, sweep: string): readonly KeptFloat[] {
  const rows = toRows(query(triedFloatSql(sweep), []));
  return rows.filter((row) => row['chosen'] === 1).map(keptFloatOf);
}

/** Of a row of {@link triedFloatSql}. */
export function keptFloatOf(row: Row): KeptFloat {
  return {
    label: textOf(row, 'label'),
    layers: JSON.parse(textOf(row, 'layers')) as readonly string[],
    of: numberOf(row, 'layers_in_all'),
    metric: textOf(row, 'metric'),
    value: numberOf(row, 'value'),
    loss: numberOf(row, 'loss'),
    allowed: numberOf(row, 'allowed'),
  };
}
