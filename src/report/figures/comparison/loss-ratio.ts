import type { TopLevelSpec } from 'vega-lite';
import type { ComparedTrials } from '../../facts/compared-trials.js';
import { lossesApart, sideColors } from '../../facts/compared-trials.js';
import type { PageFigure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import { color } from '../../charts/theme.js';
import { layerLink, linkCursor } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/**
 * How many times B's loss A's is, layer by layer, ranked. Ratios, as outputs of layers have units
 * of their own.
 */
export const lossRatio: PageFigure<ComparedTrials> = {
  id: 'loss-ratio',
  section: 'layers',
  name: 'ranked layers',
  title: () => 'Where they differ: layers ranked by loss of A over loss of B',
  sql: ({ sweep, trial, other, otherSweep }) =>
    `SELECT a.position, a.layer, a.l1, b.l1 AS other_l1, a.l1 / b.l1 AS ratio, a.sqnr_db, b.sqnr_db AS other_sqnr_db
FROM v_layer_loss a
JOIN v_layer_loss b ON b.sweep = ${sqlText(otherSweep)} AND b.trial = ${other.trial} AND b.layer = a.layer AND b.mode = a.mode
WHERE a.sweep = ${sqlText(sweep.sweep.name)} AND a.trial = ${trial.trial} AND a.mode = 'accumulated' AND a.l1 > 0 AND b.l1 > 0
ORDER BY ratio, a.position`,
  build: (rows, facts) => {
    const apart = lossesApart(facts);
    if (apart !== null) return { kind: 'absent', note: apart };
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No layer has a loss above 0 in both: loss.modes: [accumulated] in the experiment stores losses; FP32 has none.',
        brief: 'loss.modes',
      };
    }
    const alt = `Bar chart of the layers ranked by L1 of A over L1 of B. ${extremesText(rows)}`;
    return {
      kind: 'charts',
      controls: [],
      caption: `L1 of A over L1 of B, on a log scale: left of 1 the layer is better in A, right of 1 in B. ${extremesText(rows)}`,
      details:
        'L1 of the layer’s own output, with the whole network quantized (accumulated). The layer that is best for A comes first.',
      panels: [{ title: '', alt, spec: chart(rows, facts, alt) }],
    };
  },
};

function extremesText(rows: readonly Row[]): string {
  const text = (row: Row): string =>
    `${cutMiddle(textOf(row, 'layer'), 30)} (${significantText(numberOf(row, 'ratio'), 3)} times)`;
  const [first, last] = [rows[0]!, rows.at(-1)!];
  return rows.length === 1 ? `${text(first)}.` : `From ${text(first)} to ${text(last)}.`;
}

function chart(rows: readonly Row[], facts: ComparedTrials, description: string): TopLevelSpec {
  const [colorA, colorB] = sideColors(facts);
  const names = ['lower in A', 'lower in B'];
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'layerNames', value: { ...layerNames(rows) } }],
    transform: [
      { calculate: `datum.ratio <= 1 ? '${names[0]!}' : '${names[1]!}'`, as: 'better' },
      { calculate: '1', as: 'one' },
    ],
    layer: [
      {
        mark: { type: 'bar', height: 11, ...linkCursor },
        encoding: {
          ...layerLink,
          y: { ...layerAxis, sort: rows.map((row) => numberOf(row, 'position')) },
          x: {
            field: 'ratio',
            type: 'quantitative',
            title: 'L1 of A / L1 of B, below 1: A is better',
            scale: { type: 'log', base: 2, nice: false, padding: 12 },
            axis: { format: '.3~g', labelOverlap: 'greedy', tickCount: 7 },
          },
          x2: { field: 'one' },
          color: {
            field: 'better',
            type: 'nominal',
            title: 'L1',
            scale: { domain: names, range: [colorA, colorB] },
          },
          tooltip: [
            layerTooltip,
            { field: 'ratio', title: 'L1 of A / of B', format: '.3~g' },
            { field: 'l1', title: 'L1 of A', format: '.4~g' },
            { field: 'other_l1', title: 'L1 of B', format: '.4~g' },
            { field: 'sqnr_db', title: 'SQNR of A (dB)', format: '.1f' },
            { field: 'other_sqnr_db', title: 'SQNR of B (dB)', format: '.1f' },
          ],
        },
      },
      {
        mark: { type: 'rule', color: color('text') },
        data: { values: [{}] },
        encoding: { x: { datum: 1, type: 'quantitative' } },
      },
    ],
  };
}
