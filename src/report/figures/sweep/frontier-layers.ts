import { numberOf, sqlText } from '../../query.js';
import type { Figure } from '../figure.js';

/** The bits of each layer of the settings that a goal with bits chose. */
export const frontierLayers: Figure = {
  id: 'frontier-layers',
  section: 'layers',
  name: 'bits by layer',
  title: () => 'Bits of each layer',
  appliesTo: ({ sweep }) => sweep.hasFrontier === true,
  sql: ({ sweep }) =>
    `SELECT f.trial, f.label, b.key AS layer, b.value AS bits
FROM v_frontier f, json_each(f.bits) b WHERE f.sweep = ${sqlText(sweep.name)} AND f.chosen ORDER BY f.trial, b.id`,
  build: (rows) => {
    if (rows.length === 0) {
      return { kind: 'absent', note: 'No setting has found its bits yet.', brief: 'goal.bits' };
    }
    const trials = new Set(rows.map((row) => row['trial'])).size;
    return {
      kind: 'table',
      sortable: true,
      caption: 'Bits of the weights that were chosen, layer by layer.',
      details: 'Inputs have the bits of the setting. Layers in float are not quantized at all.',
      columns: [
        ...(trials > 1
          ? [
              {
                title: 'setting',
                field: 'label',
                align: 'left' as const,
                text: (row: Readonly<Record<string, unknown>>) => String(row['label']),
              },
            ]
          : []),
        { title: 'layer', field: 'layer', align: 'left', text: (row) => String(row['layer']) },
        {
          title: 'bits',
          field: 'bits',
          align: 'right',
          text: (row) => (row['bits'] === null ? 'float' : String(numberOf(row, 'bits'))),
        },
      ],
    };
  },
};
