import type { Figure, TableColumn } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { countText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import type { TrialFacts } from '../../facts/sweep-facts.js';

/** Layers of a group that are named before the rest is only counted. */
const mostNamed = 8;

/**
 * Which layers the best trial quantized and how, and why the others stayed float: alike layers
 * together. Reads tables: the views know a model by its file name, which two models of a sweep may
 * share.
 */
export const quantizedLayers: Figure = {
  id: 'quantized-layers',
  section: 'layers',
  name: 'what was quantized',
  title: () => 'What was quantized',
  sql: ({ sweep, best }) =>
    `WITH every AS (
  SELECT l.position, l.name, l.op, l.groups > 1 AS grouped, s.layer_id IS NOT NULL AS quantized,
         (SELECT group_concat(value, 'x' ORDER BY key) FROM json_each(l.weight_shape) WHERE key >= 2) AS kernel,
         w.bits AS weight_bits, w.signed AS weight_signed, w.granularity AS weight_granularity, i.bits AS input_bits, i.signed AS input_signed,
         CASE WHEN s.layer_id IS NOT NULL THEN NULL
              WHEN json_type(t.settings, '$.layers.ops') = 'array' AND l.op NOT IN (SELECT value FROM json_each(t.settings, '$.layers.ops')) THEN 'not in layers.ops'
              WHEN l.unsupported IS NOT NULL THEN l.unsupported
              WHEN r.kept_float THEN 'among the most sensitive (layers.keepFloat)'
              ELSE 'excluded by layers.include, exclude, rules or keepFloat' END AS reason
  FROM trial t
  JOIN layer l ON l.model_id = t.model_id
  LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id
  LEFT JOIN quantizer w ON w.trial_id = t.id AND w.layer_id = l.id AND w.role = 'weight'
  LEFT JOIN quantizer i ON i.trial_id = t.id AND i.layer_id = l.id AND i.role = 'input'
  LEFT JOIN v_layer_rank r ON r.sweep = ${sqlText(sweep.name)} AND r.trial = t.id AND r.position = l.position
  WHERE t.id = ${best?.trial ?? -1})
SELECT count(*) AS layers, op, kernel, grouped, quantized, weight_bits, weight_signed, weight_granularity, input_bits, input_signed, reason,
       json_group_array(name ORDER BY position) AS names
FROM every GROUP BY op, kernel, grouped, quantized, weight_bits, weight_signed, weight_granularity, input_bits, input_signed, reason
ORDER BY quantized DESC, min(position)`,
  build: (rows, { best, isVoid }) =>
    best === null || rows.length === 0
      ? {
          kind: 'absent',
          note: isVoid
            ? 'No setting can be called the best; the page of each trial has its layers.'
            : 'Unknown until the first setting finishes.',
          brief: 'no best setting',
        }
      : { kind: 'table', sortable: false, caption: captionText(rows, best), columns },
};

function captionText(rows: readonly Row[], best: TrialFacts): string {
  const count = (some: readonly Row[]): number => some.reduce((sum, row) => sum + numberOf(row, 'layers'), 0);
  return `${cutMiddle(best.label, 80)}: ${count(rows.filter((row) => row['quantized'] === 1))} of ${countText(count(rows), 'layer')} quantized.`;
}

const columns: readonly TableColumn[] = [
  { title: 'layers', field: 'layers', align: 'left', text: kindText },
  { title: 'weight', field: 'weight_bits', align: 'left', text: weightText },
  { title: 'input', field: 'input_bits', align: 'left', text: inputText },
  { title: 'which', field: 'names', align: 'left', text: namesText },
];

/** `12 Conv 3x3`, `1 Conv 3x3 in groups`, `1 Gemm`. */
function kindText(row: Row): string {
  const kernel = textOrNull(row, 'kernel');
  const grouped = row['grouped'] === 1 ? ', in groups' : '';
  return `${numberOf(row, 'layers')} ${textOf(row, 'op')}${kernel === null ? '' : ` ${kernel}`}${grouped}`;
}

/** `int8 per channel`; of a layer in float why it is. */
function weightText(row: Row): string {
  if (row['quantized'] === 0) return `float: ${cutMiddle(textOf(row, 'reason'), 300)}`;
  const granularity = textOrNull(row, 'weight_granularity');
  return granularity === null ? 'quantized' : `${typeText(row, 'weight')} per ${granularity}`;
}

function inputText(row: Row): string {
  if (row['quantized'] === 0) return 'float';
  return numberOrNull(row, 'input_bits') === null ? 'quantized' : typeText(row, 'input');
}

/** `int8`, `uint4`. */
function typeText(row: Row, role: 'input' | 'weight'): string {
  return `${row[`${role}_signed`] === 0 ? 'u' : ''}int${numberOf(row, `${role}_bits`)}`;
}

function namesText(row: Row): string {
  const names = JSON.parse(textOf(row, 'names')) as readonly string[];
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : '';
  return (
    names
      .slice(0, mostNamed)
      .map((name) => cutMiddle(name, 60))
      .join(', ') + more
  );
}
