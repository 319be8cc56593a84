import type { PageFigure } from '../figure.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { outlierFrom, shortName } from '../../facts/layer-page-facts.js';
import { countText } from '../../number-text.js';
import { cutMiddle } from '../../cut-middle.js';
import type { Row } from '../../query.js';
import { numberOrNull } from '../../query.js';
import { noTrial } from './shown-trials.js';
import { expectedText, measuredText, reasonText, yamlLine } from './suggestion-text.js';
import { dominatesFrom, suggestionsSql, worthFrom } from './suggestions-sql.js';

/** Settings that the layer's picture suggests, with what they are expected to bring. */
export const suggestions: PageFigure<LayerPageFacts> = {
  id: 'suggestions',
  section: 'suggestions',
  title: () => 'What this layer suggests to try',
  sql: suggestionsSql,
  build: (rows, facts) => {
    const [first] = facts.shown;
    if (first === undefined) return noTrial;
    const now = shortName(first.label);
    if (rows.length === 0) {
      return {
        kind: 'text',
        caption: `Nothing stored about this layer suggests another setting than ${now}.`,
        details,
      };
    }
    const text = (title: string, field: string, cell: (row: Row) => string) => ({
      title,
      field,
      align: 'left' as const,
      text: cell,
    });
    return {
      kind: 'table',
      sortable: false,
      caption: `Against ${cutMiddle(now, 60)}; each is a line for a block of the grid. Expected errors are mean squares by the histogram of ${countText(numberOrNull(rows[0]!, 'samples') ?? 0, 'calibration sample')}.`,
      details,
      columns: [
        text('what is seen', 'kind', reasonText),
        text('to try', 'value', (row) => yamlLine(row, facts)),
        text('expected', 'input_ratio', expectedText),
        {
          ...text('measured in this sweep', 'measured_ratio', measuredText),
          href: (row) => {
            const trial = numberOrNull(row, 'trial');
            return trial === null ? null : facts.sweep.links.trial(trial);
          },
        },
      ],
    };
  },
};

const details = `An expected input error comes from the stored histogram: values within a bin count as spread evenly, each channel by the square of its largest weight. It foretells the loss of the layer with its input alone quantized; other bits within a few per cent, another scheme, calibrator or alpha within a factor of 1.1 to 1.5 as a rule, of 3.4 at worst. Suggested are: a scheme or a calibrator whose expected error is below ${worthFrom} of now; a larger alpha where a channel has ${outlierFrom} times the median absmax and the error falls below ${worthFrom}; other bits, ranges per channel or float where weight or input cause ${dominatesFrom * 100} % of the squared error (loss.modes weight and activation) and the layer is among the quarter that lose most. Where a trial of the sweep differs from this one in nothing else, it says what that measured. A lower error of a layer need not raise the accuracy.`;
