import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../drawn-limits.js';
import { bestValue, onlyTrials } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import { differenceText, valueText } from '../number-text.js';
import type { Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../query.js';
import type { SweepFacts, TrialFacts } from '../sweep-facts.js';
import { color } from '../theme.js';
import { layerLink, linkCursor } from './interaction.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from './layer-axis.js';

/** How much the choice of calibration samples matters: the spread of each layer's input range over random subsets. */
export const calibrationNoise: Figure = {
  id: 'calibration-noise',
  section: 'ranges',
  title: () => 'Noise of calibration',
  sql: (facts) =>
    `SELECT first_trial, first_label, position, layer, seeds, amax_mean, amax_relative_sd, amax_min, amax_max, alpha_min, alpha_max, value_min, value_max
FROM v_calibration_noise WHERE sweep = ${sqlText(facts.sweep.name)} AND seeds > 1${onlyTrials(shownGroups(facts).trials, 'first_trial')} ORDER BY first_trial, position`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'One choice of calibration samples only: data.calibration.sampleSeed: [1, 2, 3, 4, 5] in the grid shows the noise.',
      };
    }
    const groups = [...new Map(rows.map((row) => [numberOf(row, 'first_trial'), row])).values()];
    const drawn = rows.filter((row) => row['first_trial'] === rows[0]!['first_trial']);
    const widest = drawn.reduce((a, b) =>
      (numberOrNull(b, 'amax_relative_sd') ?? 0) > (numberOrNull(a, 'amax_relative_sd') ?? 0) ? b : a,
    );
    const which = groups.length === 1 ? '' : `Drawn: ${textOf(rows[0]!, 'first_label')} and its other subsets. `;
    const share = (100 * (numberOrNull(widest, 'amax_relative_sd') ?? 0)).toFixed(1);
    const caption = `${groups
      .slice(0, drawnLimits.noiseGroups)
      .map((row) => spreadText(row, facts))
      .join(
        '; ',
      )}${groups.length > drawnLimits.noiseGroups ? `; and ${groups.length - drawnLimits.noiseGroups} more settings` : ''}. ${which}The input range of ${textOf(widest, 'layer')} moves most: standard deviation ${share} % of its mean.${leftOutText(facts)}`;
    return {
      kind: 'charts',
      controls: [],
      caption,
      panels: [{ title: '', alt: `Spread of input ranges by layer. ${caption}`, spec: chart(drawn) }],
    };
  },
};

/** Groups of finished trials that are equal but for the seed of their samples; of very many those with the best values. */
function shownGroups({ trials }: SweepFacts): { readonly trials: readonly number[] | null; readonly of: number } {
  const groups = new Map<string, TrialFacts[]>();
  for (const trial of trials) {
    const { calibration } = trial.settings as { readonly calibration?: { readonly sampleSeed?: number | null } | null };
    if (trial.status !== 'done' || typeof calibration?.sampleSeed !== 'number') continue;
    const alike = JSON.stringify({ ...(trial.settings as object), calibration: { ...calibration, sampleSeed: 0 } });
    groups.set(alike, [...(groups.get(alike) ?? []), trial]);
  }
  const several = [...groups.values()].filter((group) => group.length > 1);
  if (several.length <= drawnLimits.noiseGroupsHeld) return { trials: null, of: several.length };
  const shown = several
    .sort((a, b) => (bestValue(b) ?? 0) - (bestValue(a) ?? 0))
    .slice(0, drawnLimits.noiseGroups)
    .flat()
    .map(({ trial }) => trial);
  return { trials: shown.sort((a, b) => a - b), of: several.length };
}

function leftOutText(facts: SweepFacts): string {
  const { trials, of } = shownGroups(facts);
  if (trials === null) return '';
  return ` Told: ${drawnLimits.noiseGroups} of ${of} settings with several seeds, those with the highest ${facts.metric.name}; the SQL without its list of trials gives all.`;
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
        title: 'standard deviation of the input’s amax over seeds, share of its mean, lower is steadier',
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
