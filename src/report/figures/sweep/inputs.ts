import type { Figure } from '../figure.js';
import { bytesText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';

/** Kinds of inputs with the place of each in a trial's settings; `$` in the order of the table. */
const settings: readonly (readonly [string, string])[] = [
  ['evaluation data', '$.evaluation.source'],
  ['evaluation samples', '$.evaluation.samples'],
  ['calibration data', '$.calibration.source'],
  ['calibration seed', '$.calibration.sampleSeed'],
  ['preprocessing', '$.preprocess'],
  ['task', '$.task'],
];

/**
 * What the numbers were made from: models by content, data, seeds, task, and how the runtime
 * optimized. Reads the tables trial and model: no view tells a model's sha256 and size.
 */
export const inputs: Figure = {
  id: 'inputs',
  section: 'provenance',
  name: 'what went in',
  title: () => 'What went in',
  sql: ({ sweep }) => {
    const name = sqlText(sweep.name);
    const own = `v_trial WHERE sweep = ${name}`;
    const values = [
      `SELECT 0 AS place, 'model' AS what, m.name AS value, m.sha256, m.size_bytes, m.parameters, m.opset, count(*) AS trials
  FROM v_trial v JOIN trial t ON t.id = v.trial JOIN model m ON m.id = t.model_id WHERE v.sweep = ${name} GROUP BY m.id`,
      ...settings.map(
        ([what, path], index) =>
          `SELECT ${index + 1}, '${what}', settings ->> '${path}', NULL, NULL, NULL, NULL, count(*)
  FROM ${own} AND settings ->> '${path}' IS NOT NULL GROUP BY 3`,
      ),
      ...(['optimization_level', 'provider'] as const).map(
        (column, index) =>
          `SELECT ${settings.length + index + 1}, '${column.replace('_', ' ')}', ${column}, NULL, NULL, NULL, NULL, count(*)
  FROM ${own} AND ${column} IS NOT NULL GROUP BY 3`,
      ),
    ];
    // Seeds and sizes of equally many trials stand in one line; sources of data have their own.
    return `SELECT what, group_concat(value, ', ' ORDER BY CASE WHEN value GLOB '[0-9]*' THEN value + 0 END, value) AS value,
       sha256, size_bytes, parameters, opset, trials, count(*) AS "values"
FROM (
  ${values.join('\n  UNION ALL ')})
GROUP BY place, what, sha256, trials, iif(value LIKE '{%', value, NULL) ORDER BY place, trials DESC, min(value)`;
  },
  build: (rows, { sweep }) =>
    rows.length === 0
      ? { kind: 'absent', note: 'The sweep has no trials.', brief: 'no trials' }
      : {
          kind: 'table',
          sortable: false,
          caption: 'From the settings of the trials; paths as first seen.',
          details:
            'Models and data enter a trial’s content key by the sha256 of their bytes, so equal work under other paths is found in the cache.',
          columns: [
            { title: 'what', field: 'what', align: 'left', text: (row) => textOf(row, 'what') },
            { title: 'value', field: 'value', align: 'left', text: valueText },
            { title: 'trials', field: 'trials', align: 'right', text: (row) => trialsText(row, sweep.trials) },
          ],
        },
};

/** `all`, `42 of 43`, or of several values `8 of 40 each`. */
function trialsText(row: Row, all: number): string {
  const trials = numberOf(row, 'trials');
  if (trials === all) return 'all';
  return `${trials} of ${all}${numberOf(row, 'values') > 1 ? ' each' : ''}`;
}

function valueText(row: Row): string {
  const value = String(row['value'] ?? '–').slice(0, 2000);
  const sha256 = textOrNull(row, 'sha256');
  if (sha256 === null) return value.startsWith('{') ? readable(value) : value;
  const parts = [
    value,
    bytesText(numberOrNull(row, 'size_bytes') ?? 0),
    `${(numberOrNull(row, 'parameters') ?? 0).toLocaleString('en-US')} parameters`,
    `opset ${numberOrNull(row, 'opset') ?? '–'}`,
    `sha256 ${sha256}`,
  ];
  return parts.join(', ');
}

/**
 * `synthetic, seed: 3` of `{"format":"synthetic","options":{"seed":3}}`: what it is first, options
 * without their heading. JSON that was cut stays as it is.
 */
function readable(json: string): string {
  try {
    return parts(JSON.parse(json) as object).join(', ');
  } catch (error) {
    if (error instanceof SyntaxError) return json;
    throw error;
  }
}

function parts(object: object): string[] {
  return Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
    if (value === null) return [];
    if ((name === 'format' || name === 'kind') && typeof value === 'string') return [value];
    if (typeof value === 'object' && !Array.isArray(value)) return parts(value);
    return [`${name}: ${typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', ')}`];
  });
}
