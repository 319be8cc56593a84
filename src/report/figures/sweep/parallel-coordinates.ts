import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import { linkCursor, trialLink } from '../../charts/interaction.js';
import { color } from '../../charts/theme.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { valueText } from '../../number-text.js';
import { numberOf, sqlText, textOf, type Row } from '../../query.js';
import type { Control, Figure } from '../figure.js';
import { variedAxes, type AxisColumn } from './varied-axes.js';

/** Levels of an axis that are labelled at most; of more every so many. */
const mostLabels = 10;
const leastAxes = 3;

/** Every setting as a line through the values it has, colored by what it achieves. */
export const parallelCoordinates: Figure = {
  id: 'parallel-coordinates',
  section: 'first',
  title: () => 'Every setting through its values',
  sql: (facts) => {
    const columns = variedAxes(facts).map(({ name, sql }) => `, ${sql} AS "${name}"`);
    const all = `SELECT t.trial, t.label, t.value${columns.join('')}, count(*) OVER () AS settings,
       row_number() OVER (ORDER BY t.value DESC, t.trial) AS place
FROM v_trial t WHERE t.sweep = ${sqlText(facts.sweep.name)} AND t.role = 'candidate' AND t.status = 'done' AND t.metric = ${sqlText(facts.metric.metric)}`;
    const stride = strideOf(facts);
    if (stride === 1) return `${all} ORDER BY t.value, t.trial`;
    return `SELECT * FROM (${all})
WHERE place <= ${drawnLimits.linesBest} OR place % ${stride} = 0 ORDER BY value, trial`;
  },
  build: (rows, facts) => {
    const axes = variedAxes(facts);
    if (axes.length < leastAxes || rows.length < 2) {
      return {
        kind: 'absent',
        note: `${axes.length === 0 ? 'No axis varies' : axes.length === 1 ? 'One axis varies' : 'Two axes vary'}: lines through the values of each setting are drawn from three axes on.`,
        holdsWhilePending: axes.length > 0 && axes.length < leastAxes,
      };
    }
    const settings = numberOf(rows[0]!, 'settings');
    const best = rows.at(-1)!;
    const value = `bluer where ${facts.metric.name} is higher, up to ${valueText(numberOf(best, 'value'), facts.metric)}`;
    const caption =
      settings === rows.length
        ? `All ${settings} settings, a line each, ${value}. Choose values above to follow some.`
        : `Drawn: ${rows.length} of ${settings} settings, the best ${drawnLimits.linesBest} and one in ${strideOf(facts)}; the SQL without its last condition returns all. A line each, ${value}.`;
    return {
      kind: 'charts',
      controls: axes.map((axis, place) => controlOf(axis, place, rows)),
      caption,
      details: `From left to right each axis, and at the end what the setting achieves. Lines that share a value are spread by rank, the best on top. Numbers stand at even steps; – stands for a setting that does not apply. Where a line leads is the setting's own page.`,
      panels: [
        {
          title: '',
          alt: `Parallel coordinates of ${rows.length} settings over ${axes.map(({ name }) => name).join(', ')}. The best: ${textOf(best, 'label')}.`,
          spec: chart(axes, rows, facts),
        },
      ],
    };
  },
};

/** Every so many settings are drawn beside the best; 1: all. */
function strideOf({ trials }: SweepFacts): number {
  const finished = trials.filter(({ role, status }) => role === 'candidate' && status === 'done').length;
  const { lines, linesBest } = drawnLimits;
  return finished <= lines ? 1 : Math.ceil(finished / (lines - linesBest));
}

/** The levels of an axis from the top, numbers descending; what does not apply comes last. */
function levelsOf({ name }: AxisColumn, rows: readonly Row[]): string[] {
  const values = [...new Set(rows.map((row) => row[name] ?? null))];
  const levels = values.filter((value) => value !== null).map(String);
  const isNumber = (level: string): boolean => level.trim() !== '' && Number.isFinite(Number(level));
  const numbers = levels.filter(isNumber).sort((a, b) => Number(b) - Number(a));
  const texts = levels.filter((level) => !isNumber(level)).sort();
  return [...texts, ...numbers, ...(values.includes(null) ? ['–'] : [])];
}

function controlOf(axis: AxisColumn, place: number, rows: readonly Row[]): Control {
  return {
    param: `axis${place}`,
    label: axis.name,
    options: [{ value: '', label: 'all' }, ...levelsOf(axis, rows).map((level) => ({ value: level, label: level }))],
  };
}

interface Mark {
  readonly axis: string;
  readonly y: number;
  readonly text: string;
}

function chart(axes: readonly AxisColumn[], rows: readonly Row[], { metric }: SweepFacts): TopLevelSpec {
  const values = rows.map((row) => numberOf(row, 'value'));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const places = axes.map((axis) => {
    const levels = levelsOf(axis, rows);
    return levels.map((level, at) => ({ level, y: 1 - (at + 0.5) / levels.length }));
  });
  const last = metric.shortName;
  const marks: Mark[] = [
    ...places.flatMap((levels, at) =>
      levels
        .filter((_, place) => place % Math.ceil(levels.length / mostLabels) === 0)
        .map(({ level, y }) => ({ axis: axes[at]!.name, y, text: level })),
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map((y) => ({ axis: last, y, text: valueText(low + y * (high - low), metric) })),
  ];
  const names = [...axes.map(({ name }) => name), last];
  const x = {
    field: 'axis',
    type: 'ordinal' as const,
    title: null,
    sort: names,
    scale: { type: 'point' as const, domain: names, padding: 0.35 },
    axis: {
      orient: 'top' as const,
      labelAngle: 0,
      labelExpr: "split(datum.value, ' ')",
      labelLimit: 100,
      ticks: false,
      domain: false,
      labelPadding: 10,
      labelFontWeight: 'bold' as const,
    },
  };
  const y = {
    field: 'y',
    type: 'quantitative' as const,
    axis: null,
    scale: { domain: [-0.03, 1.03], nice: false, zero: false },
  };
  const chosen = axes.map(({ name }, at) => `(axis${at} == '' || axis${at} == ${levelText(name)})`).join(' && ');
  return {
    description: 'Parallel coordinates of all settings',
    data: { name: 'rows' },
    width: 'container',
    height: 360,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      ...axes.map((_, at) => ({ name: `axis${at}`, value: '' })),
      {
        name: 'places',
        value: places.map((levels) => Object.fromEntries(levels.map(({ level, y: at }) => [level, at]))),
      },
      { name: 'bands', value: places.map((levels) => Math.min(0.7 / levels.length, 0.3)) },
      { name: 'axisNames', value: names },
    ],
    layer: [
      {
        data: { values: names.map((axis) => ({ axis })) },
        mark: { type: 'rule', color: color('grid'), strokeWidth: 1.5 },
        encoding: { x, y: { datum: 0, type: 'quantitative', scale: y.scale, axis: null }, y2: { datum: 1 } },
      },
      {
        params: [
          { name: 'hovered', select: { type: 'point', on: 'pointerover', clear: 'pointerout', fields: ['trial'] } },
        ],
        transform: [
          { calculate: chosen, as: 'isChosen' },
          { calculate: `sequence(0, ${names.length})`, as: 'step' },
          { flatten: ['step'] },
          { calculate: 'axisNames[datum.step]', as: 'axis' },
          {
            calculate: `datum.step == ${axes.length} ? ${high === low ? '0.5' : `(datum.value - ${low}) / ${high - low}`} : places[datum.step][${axes
              .map(({ name }, at) => `datum.step == ${at} ? ${levelText(name)} : `)
              .join('')}''] + bands[datum.step] * (0.5 - (datum.place - 0.5) / datum.settings)`,
            as: 'y',
          },
        ],
        mark: { type: 'line', interpolate: 'monotone', ...linkCursor },
        encoding: {
          ...trialLink,
          x,
          y,
          detail: { field: 'trial', type: 'nominal' },
          color: {
            field: 'value',
            type: 'quantitative',
            title: metric.shortName,
            scale: { range: [color('value0'), color('value1'), color('value2')] },
            legend: { format: metric.axisFormat, gradientLength: 160 },
          },
          strokeWidth: { condition: { param: 'hovered', empty: false, value: 4 }, value: rows.length > 100 ? 1 : 1.6 },
          opacity: {
            condition: [
              { param: 'hovered', empty: false, value: 1 },
              { test: 'datum.isChosen', value: rows.length > 100 ? 0.6 : 0.8 },
            ],
            value: 0.04,
          },
          tooltip: [
            { field: 'label', title: 'setting' },
            { field: 'value', title: metric.shortName, format: metric.tooltipFormat },
          ],
        },
      },
      ...[true, false].map((isHalo) => ({
        data: { values: marks },
        mark: {
          type: 'text' as const,
          align: 'left' as const,
          dx: 6,
          fontSize: 11,
          limit: 110,
          ...(isHalo ? { stroke: color('ground'), strokeWidth: 4, fill: color('ground') } : { fill: color('text') }),
        },
        encoding: { x, y, text: { field: 'text' } },
      })),
    ],
  };
}

/** The level that a row has in a column, as text: an expression of Vega. */
function levelText(name: string): string {
  const field = `datum[${JSON.stringify(name)}]`;
  return `(isValid(${field}) ? toString(${field}) : '–')`;
}
