import type { Figure } from '../figure.js';
import type { Row } from '../../query.js';
import { textOf, textOrNull } from '../../query.js';
import type { TrialFacts } from '../../facts/sweep-facts.js';

/** Layers named before the rest is only counted. */
const mostNamed = 20;

/**
 * Which layers the best trial quantized, and why the others stayed float. Reads tables: the views
 * know a model by its file name, which two models of a sweep may share.
 */
export const quantizedLayers: Figure = {
  id: 'quantized-layers',
  section: 'layers',
  name: 'what was quantized',
  title: () => 'What was quantized',
  sql: ({ best }) =>
    `SELECT l.position, l.name AS layer, l.op, l.unsupported, s.layer_id IS NOT NULL AS quantized
FROM trial t
JOIN layer l ON l.model_id = t.model_id
LEFT JOIN smoothing s ON s.trial_id = t.id AND s.layer_id = l.id
WHERE t.id = ${best?.trial ?? -1} ORDER BY l.position`,
  build: (rows, { best, isVoid }) =>
    best === null || rows.length === 0
      ? {
          kind: 'absent',
          note: isVoid
            ? 'No setting can be called the best; the page of each trial has its layers.'
            : 'Unknown until the first setting finishes.',
          brief: 'no best setting',
        }
      : { kind: 'text', caption: captionText(rows, best) },
};

function captionText(rows: readonly Row[], best: TrialFacts): string {
  const float = rows.filter((row) => row['quantized'] === 0);
  const lead = `${best.label}: ${rows.length - float.length} of ${rows.length} layers quantized`;
  if (float.length === 0) return `${lead}.`;
  const ops = wantedOps(best.settings);
  const named = float.slice(0, mostNamed).map((row) => {
    const reason = floatReason(row, ops).slice(0, 300);
    return `${textOf(row, 'layer').slice(0, 120)} (${textOf(row, 'op')}, ${reason})`;
  });
  const more = float.length > mostNamed ? `, and ${float.length - mostNamed} more` : '';
  return `${lead}; float: ${named.join(', ')}${more}.`;
}

/** The first that holds of what `selectLayers` asks of a layer. */
function floatReason(row: Row, ops: readonly unknown[] | null): string {
  if (ops !== null && !ops.includes(row['op'])) return 'not in layers.ops';
  return textOrNull(row, 'unsupported') ?? 'excluded by layers.include, exclude, rules or keepFloat';
}

/** `layers.ops` of a trial's settings; null where they have none. */
function wantedOps(settings: unknown): readonly unknown[] | null {
  const ops = (settings as { readonly layers?: { readonly ops?: unknown } | null } | null)?.layers?.ops;
  return Array.isArray(ops) ? ops : null;
}
