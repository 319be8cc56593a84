import { keptFloatText } from '../../answers/kept-float-text.js';
import { cutMiddle } from '../../cut-middle.js';
import { lookUp } from '../../facts/axes.js';
import { againstAllOf, keptFloatOf, LATENCY_RATIO, triedFloatSql } from '../../facts/kept-float.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { ratioText } from '../../number-text.js';
import { numberOf, type Row } from '../../query.js';
import type { Figure, TableColumn } from '../figure.js';
import { floatSetColumns } from './float-set-columns.js';

/** What layers in float gain over quantizing all of them, with every set that was timed. */
export const fasterInFloat: Figure = {
  id: 'faster-in-float',
  section: 'layers',
  name: 'layers that are faster in float',
  appliesTo: ({ allTrials }) =>
    allTrials.some(({ settings }) => lookUp(settings, ['layers', 'keepFloat']) === 'slower'),
  title: () => 'Layers that are faster in float',
  sql: ({ sweep }) => triedFloatSql(sweep.name),
  build: (all, facts) => {
    const rows = all.filter((row) => row['metric'] === LATENCY_RATIO);
    const chosen = rows.filter((row) => row['chosen'] === 1);
    if (chosen.length === 0) {
      return {
        kind: 'absent',
        note: 'No set of layers has been timed yet.',
        brief: 'not finished',
        holdsWhilePending: true,
      };
    }
    const caption =
      chosen.length === 1
        ? keptFloatText(keptFloatOf(chosen[0]!))
        : `${chosen.length} settings looked for layers that are faster in float; the sets that they keep are marked.`;
    return {
      kind: 'table',
      sortable: true,
      caption: cutMiddle(caption, 190),
      details:
        'Each row was timed on the machine that ran the search, beside FP32, the model with every layer quantized and the best set so far, in turn in the same rounds. A set is taken only if the whole 95 % interval of its ratio to the best set is below 1 in two timings; the row has the second. Rows of different timings are not comparable with each other as finely as with the model with every layer quantized.',
      columns: columns(facts, chosen.length > 1),
      emphasis: (row) => (row['chosen'] === 1 ? 'best' : null),
    };
  },
};

function columns(facts: SweepFacts, isOfSeveral: boolean): readonly TableColumn[] {
  return floatSetColumns(facts, isOfSeveral, [
    { title: 'of FP32’s time', field: 'value', align: 'right', text: (row) => ratioText(numberOf(row, 'value')) },
    { title: 'of all quantized', field: 'against_all', align: 'right', text: againstAllText },
  ]);
}

function againstAllText(row: Row): string {
  const found = againstAllOf(row);
  return found === null ? '–' : `${ratioText(found.ratio)} [${ratioText(found.low)}, ${ratioText(found.high)}]`;
}
