import type { Figure } from '../figure.js';
import { countText } from '../../number-text.js';
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
    return [
      `SELECT 'model' AS what, m.name AS value, m.sha256, m.size_bytes, m.parameters, m.opset, count(*) AS trials
FROM v_trial v JOIN trial t ON t.id = v.trial JOIN model m ON m.id = t.model_id WHERE v.sweep = ${name} GROUP BY m.id`,
      ...settings.map(
        ([what, path]) =>
          `SELECT '${what}', settings ->> '${path}', NULL, NULL, NULL, NULL, count(*)
FROM ${own} AND settings ->> '${path}' IS NOT NULL GROUP BY 2`,
      ),
      ...(['optimization_level', 'provider'] as const).map(
        (column) =>
          `SELECT '${column.replace('_', ' ')}', ${column}, NULL, NULL, NULL, NULL, count(*) FROM ${own} AND ${column} IS NOT NULL GROUP BY 2`,
      ),
    ].join('\nUNION ALL\n');
  },
  build: (rows) =>
    rows.length === 0
      ? { kind: 'absent', note: 'The sweep has no trials.' }
      : {
          kind: 'table',
          sortable: false,
          caption:
            'From the settings of the trials; paths as first seen. Models and data enter a trial’s content key by the sha256 of their bytes, so equal work under other paths is found in the cache.',
          columns: [
            { title: 'what', field: 'what', align: 'left', text: (row) => textOf(row, 'what') },
            { title: 'value', field: 'value', align: 'left', text: valueText },
            { title: 'trials', field: 'trials', align: 'right', text: (row) => String(numberOf(row, 'trials')) },
          ],
        },
};

function valueText(row: Row): string {
  const value = String(row['value'] ?? '–').slice(0, 2000);
  const sha256 = textOrNull(row, 'sha256');
  if (sha256 === null) return value.startsWith('{') ? readable(value) : value;
  const parts = [
    value,
    sizeText(numberOrNull(row, 'size_bytes') ?? 0),
    countText(numberOrNull(row, 'parameters') ?? 0, 'parameter'),
    `opset ${numberOrNull(row, 'opset') ?? '–'}`,
    `sha256 ${sha256}`,
  ];
  return parts.join(', ');
}

/** `format: synthetic, seed: 3` of `{"format":"synthetic","seed":3}`; cut JSON stays as it is. */
function readable(json: string): string {
  try {
    return Object.entries(JSON.parse(json) as Readonly<Record<string, unknown>>)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', ');
  } catch (error) {
    if (error instanceof SyntaxError) return json;
    throw error;
  }
}

/** `1.1 MB`, powers of 1000. */
function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
