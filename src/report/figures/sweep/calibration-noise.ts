import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Figure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { differenceText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { color } from '../../charts/theme.js';
import { layerLink, linkCursor } from '../../charts/interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/**
 * How much the choice of calibration samples matters: the spread of each layer's input range over
 * random subsets.
 */
export const calibrationNoise: Figure = {
  id: 'calibration-noise',
  section: 'ranges',
  name: 'noise of calibration',
  title: () => 'Noise of calibration',
  sql: (facts) =>
    `WITH every AS MATERIALIZED (SELECT * FROM v_calibration_noise WHERE sweep = ${sqlText(facts.sweep.name)} AND seeds > 1),
setting AS (SELECT first_trial, row_number() OVER (ORDER BY max(value_max) DESC, first_trial) AS place, count(*) OVER () AS settings FROM every GROUP BY first_trial)
SELECT first_trial, first_label, position, layer, seeds, amax_mean, amax_relative_sd, amax_min, amax_max, alpha_min, alpha_max, value_min, value_max, settings
FROM every JOIN setting USING (first_trial)
WHERE settings <= ${drawnLimits.noiseGroupsHeld} OR place <= ${drawnLimits.noiseGroups} ORDER BY first_trial, position`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Only one choice of calibration samples: data.calibration.sampleSeed: [1, 2, 3, 4, 5] in the grid shows the noise.',
        brief: 'data.calibration.sampleSeed',
      };
    }
    const groups = [...new Map(rows.map((row) => [numberOf(row, 'first_trial'), row])).values()];
    const drawn = rows.filter((row) => row['first_trial'] === rows[0]!['first_trial']);
    const widest = drawn.reduce((a, b) =>
      (numberOrNull(b, 'amax_relative_sd') ?? 0) > (numberOrNull(a, 'amax_relative_sd') ?? 0) ? b : a,
    );
    const share = (100 * (numberOrNull(widest, 'amax_relative_sd') ?? 0)).toFixed(1);
    const caption = `How much the choice of calibration samples moves each layer’s input range. Most: ${cutMiddle(textOf(widest, 'layer'), 40)}, standard deviation ${share} % of its mean.`;
    const which = groups.length === 1 ? '' : ` Drawn: ${textOf(rows[0]!, 'first_label')} and its other subsets.`;
    const spreads = groups.slice(0, drawnLimits.noiseGroups).map((row) => spreadText(row, facts));
    const more =
      groups.length > drawnLimits.noiseGroups ? `; and ${groups.length - drawnLimits.noiseGroups} more settings` : '';
    const details = `The sweep’s metric over the same subsets: ${spreads.join('; ')}${more}.${which}${leftOutText(groups.length, rows[0]!, facts)}`;
    return {
      kind: 'charts',
      controls: [],
      caption,
      details,
      panels: [{ title: '', alt: `Spread of input ranges by layer. ${caption}`, spec: chart(drawn) }],
    };
  },
};

function leftOutText(groups: number, row: Row, { metric }: SweepFacts): string {
  const settings = numberOf(row, 'settings');
  if (settings === groups) return '';
  return ` Listed: ${groups} of ${settings} settings with several seeds, those with the highest ${metric.name}; the SQL without its last condition returns all.`;
}

function spreadText(row: Row, { metric }: SweepFacts): string {
  const low = numberOf(row, 'value_min');
  const high = numberOf(row, 'value_max');
  return `${textOf(row, 'first_label')} and its ${numberOf(row, 'seeds') - 1} other subsets: ${valueText(low, metric)} to ${valueText(high, metric)} (${differenceText(high - low, metric)})`;
}

function chart(rows: readonly Row[]): TopLevelSpec {
  return {
    description: 'Relative standard deviation of each input range over random calibration subsets',
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'layerNames', value: layerNames(rows) }],
    transform: [{ filter: `datum.first_trial == ${numberOf(rows[0]!, 'first_trial')}` }],
    mark: { type: 'bar', color: color('smoothed'), ...linkCursor },
    encoding: {
      ...layerLink,
      x: {
        field: 'amax_relative_sd',
        type: 'quantitative',
        title: 'standard deviation of the input’s amax over seeds, fraction of its mean, lower is steadier',
        axis: { format: '.1%', tickCount: 6 },
      },
      y: layerAxis,
      tooltip: [
        layerTooltip,
        { field: 'amax_mean', title: 'mean amax', format: '.4~g' },
        { field: 'amax_min', title: 'smallest', format: '.4~g' },
        { field: 'amax_max', title: 'largest', format: '.4~g' },
        { field: 'amax_relative_sd', title: 'relative sd', format: '.2%' },
      ],
    },
  };
}
