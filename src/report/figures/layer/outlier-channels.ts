import { drawnLimits } from '../../charts/drawn-limits.js';
import type { PageFigure } from '../figure.js';
import { countText, significantText } from '../../number-text.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { deadBelow, outlierFrom, shortName } from '../../facts/layer-page-facts.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import { noTrial } from './shown-trials.js';

/** Channels that carry nothing, and those that make the range of all others. */
export const outlierChannels: PageFigure<LayerPageFacts> = {
  id: 'outlier-channels',
  section: 'channels',
  name: 'outlier channels',
  title: ({ shown: [first] }) =>
    `Dead and outlier channels${first === undefined ? '' : ` (${shortName(first.label)})`}`,
  sql: ({ sweep, layer, shown }) => `WITH ranked AS (
  SELECT *, count(*) OVER () AS channels, row_number() OVER (ORDER BY act_absmax) AS place
  FROM v_channel WHERE sweep = ${sqlText(sweep.sweep.name)} AND position = ${layer.position} AND trial = ${shown[0]?.trial ?? -1}),
middle AS (SELECT avg(act_absmax) AS median FROM ranked WHERE place IN ((channels + 1) / 2, channels / 2 + 1))
SELECT channel, CASE WHEN act_absmax <= ${deadBelow} OR weight_absmax <= ${deadBelow} THEN 'dead' ELSE 'outlier' END AS kind,
       act_absmax, act_absmax / nullif(median, 0) AS times_median, act_absmax_smoothed, weight_absmax, weight_absmax_smoothed, s
FROM ranked, middle
WHERE act_absmax <= ${deadBelow} OR weight_absmax <= ${deadBelow} OR act_absmax >= ${outlierFrom} * median
ORDER BY kind = 'outlier' DESC, act_absmax DESC, channel LIMIT ${drawnLimits.tableRows + 1}`,
  build: (rows, facts) => {
    const [first] = facts.shown;
    if (first === undefined) return noTrial;
    const rule = `An outlier’s activation is at least ${outlierFrom} times the median absmax of the layer’s channels. A dead channel’s activation or weight is never above ${deadBelow}; it keeps s = 1`;
    if (rows.length === 0) return { kind: 'text', caption: 'None.', details: `${rule}.` };
    const outliers = rows.filter((row) => row['kind'] === 'outlier').length;
    const more = rows.length > drawnLimits.tableRows ? ` These are the first ${rows.length}; there may be more.` : '';
    const number = (title: string, field: string) => ({
      title,
      field,
      align: 'right' as const,
      text: (row: (typeof rows)[number]) => significantText(numberOrNull(row, field)),
    });
    return {
      kind: 'table',
      sortable: true,
      caption: `${countText(outliers, 'outlier')}, ${rows.length - outliers} dead. absmax in units of the tensor, before and after smoothing.${more}`,
      details: `${rule}.`,
      columns: [
        { title: 'channel', field: 'channel', align: 'right', text: (row) => String(numberOf(row, 'channel')) },
        { title: 'kind', field: 'kind', align: 'left', text: (row) => textOf(row, 'kind') },
        number('activation', 'act_absmax'),
        number('× median', 'times_median'),
        number('activation after', 'act_absmax_smoothed'),
        number('weight', 'weight_absmax'),
        number('weight after', 'weight_absmax_smoothed'),
        number('s', 's'),
      ],
    };
  },
};
