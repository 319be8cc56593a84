import { withoutTarget } from '../../answers/setting-name.js';
import { targets } from '../../../targets/registry.js';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { placesQuantizers, trialTarget } from '../../facts/trial-target.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { PageFigure } from '../figure.js';
import { tensorColumns, tensorTable } from '../trial/tensor-quantizers.js';

/** Activations that some target fuses into the layer before them. */
const fused = [...new Set(Object.values(targets).flatMap(({ fused: activations }) => Object.keys(activations)))];

/** The quantizer of what the layer puts out, in the trials whose target places one. */
export const outputQuantizer: PageFigure<LayerPageFacts> = {
  id: 'output-quantizer',
  section: 'activation',
  name: 'quantizer of the output',
  appliesTo: ({ sweep }) => sweep.allTrials.some((trial) => placesQuantizers(trialTarget(trial))),
  title: () => 'Quantizer of the layer’s output',
  sql: ({ sweep, layer }) => `WITH own AS (
  SELECT l.sweep, l.model, l.output_tensor, n.position AS node FROM v_layer l
  LEFT JOIN v_graph_node n ON n.sweep = l.sweep AND n.model = l.model AND n.name = l.layer
  WHERE l.sweep = ${sqlText(sweep.sweep.name)} AND l.model = ${sqlText(layer.model)} AND l.position = ${layer.position}),
made AS (
  SELECT output_tensor AS tensor FROM own
  -- Behind an activation that targets fuse into the layer.
  UNION SELECT e.tensor FROM own
  JOIN v_graph_edge i ON i.sweep = own.sweep AND i.model = own.model AND i.from_node = own.node
  JOIN v_graph_node a ON a.sweep = own.sweep AND a.model = own.model AND a.position = i.to_node AND a.op IN (${fused.map(sqlText).join(', ')})
  JOIN v_graph_edge e ON e.sweep = own.sweep AND e.model = own.model AND e.from_node = a.position)
SELECT q.trial, q.label, q.target, ${tensorColumns}
FROM v_tensor_quantizer q JOIN v_trial t ON t.sweep = q.sweep AND t.trial = q.trial AND t.model = ${sqlText(layer.model)}
WHERE q.sweep = ${sqlText(sweep.sweep.name)} AND t.role <> 'sensitivity' AND q.tensor IN (SELECT tensor FROM made)
ORDER BY t.position, q.position LIMIT ${drawnLimits.tableRows}`,
  build: (rows, { sweep }) =>
    rows.length === 0
      ? {
          kind: 'absent',
          note: 'No target quantizes the output of this layer, itself or behind an activation fused into it.',
          brief: 'none placed',
        }
      : {
          kind: 'table',
          sortable: true,
          caption: `In the trials whose target places one, on the output itself or behind the activation fused into the layer.${rows.length === drawnLimits.tableRows ? ` The first ${rows.length}; the SQL without its LIMIT returns all.` : ''}`,
          columns: [
            {
              title: 'setting',
              field: 'label',
              align: 'left',
              text: (row) => withoutTarget(textOf(row, 'label')),
              href: (row) => sweep.links.trial(numberOf(row, 'trial')),
            },
            {
              title: 'target',
              field: 'target',
              align: 'left',
              text: (row) => {
                const evidence = sweep.measured.deployment?.trials.get(numberOf(row, 'trial'))?.evidence;
                return `${textOf(row, 'target')}${evidence === 'rules' ? ' (not run here)' : ''}`;
              },
            },
            ...tensorTable,
          ],
        },
};
