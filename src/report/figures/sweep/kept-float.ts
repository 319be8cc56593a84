import { keptFloatText } from '../../answers/kept-float-text.js';
import { cutMiddle } from '../../cut-middle.js';
import { keptFloatOf, LATENCY_RATIO, triedFloatSql } from '../../facts/kept-float.js';
import { differenceText, valueText } from '../../number-text.js';
import { numberOf } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import type { Figure, TableColumn } from '../figure.js';
import { floatSetColumns } from './float-set-columns.js';

/** The fewest layers in float for a stated loss, with every set that was evaluated on the way. */
export const keptFloat: Figure = {
  id: 'kept-float',
  section: 'layers',
  name: 'layers that must stay in float',
  title: () => 'Layers that must stay in float',
  sql: ({ sweep }) => triedFloatSql(sweep.name),
  build: (all, facts) => {
    const rows = all.filter((row) => row['metric'] !== LATENCY_RATIO);
    const chosen = rows.filter((row) => row['chosen'] === 1);
    if (chosen.length === 0) {
      return {
        kind: 'absent',
        note: 'No setting looks for them: layers.keepFloat: auto finds the fewest layers in float that a stated loss needs.',
        brief: 'layers.keepFloat: auto',
      };
    }
    const caption =
      chosen.length === 1
        ? keptFloatText(keptFloatOf(chosen[0]!))
        : `${chosen.length} settings looked for the fewest layers in float; the sets that they keep are marked.`;
    return {
      kind: 'table',
      sortable: true,
      caption: cutMiddle(caption, 190),
      details:
        'Each row was evaluated on the evaluation samples: 0, 1, 2, 4, … of the layers ranked by the divergence of the output with each quantized alone, then numbers between the last two, then the set without each of its layers. Numbers in between were not all tried: a smaller set may be enough, too. The samples that chose the set also measured it, so its loss on others is somewhat larger.',
      columns: columns(facts, chosen.length > 1),
      emphasis: (row) => (row['chosen'] === 1 ? 'best' : null),
    };
  },
};

function columns(facts: SweepFacts, isOfSeveral: boolean): readonly TableColumn[] {
  const { metric } = facts;
  return floatSetColumns(facts, isOfSeveral, [
    {
      title: metric.shortName,
      field: 'value',
      align: 'right',
      text: (row) => valueText(numberOf(row, 'value'), metric),
    },
    {
      title: 'from FP32',
      field: 'loss',
      align: 'right',
      text: (row) => differenceText(-numberOf(row, 'loss'), metric),
    },
    {
      title: 'enough',
      field: 'chosen',
      align: 'left',
      text: (row) =>
        row['chosen'] === 1 ? 'chosen' : numberOf(row, 'loss') <= numberOf(row, 'allowed') ? 'yes' : 'no',
    },
  ]);
}
