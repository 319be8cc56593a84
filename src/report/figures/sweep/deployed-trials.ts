import { withoutTarget } from '../../answers/setting-name.js';
import { conditionSql, conditionText, latencySource, type LatencyCondition } from '../../facts/latency-conditions.js';
import { runsHere } from '../../facts/trial-target.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { bytesText, countText, differenceText, ratioText, shareText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull } from '../../query.js';
import type { Figure, TableColumn } from '../figure.js';

/** Each finished setting as it is deployed: target, accuracy, gap, size, latency. */
export const deployedTrials: Figure = {
  id: 'deployed-trials',
  section: 'trials',
  name: 'settings as deployed',
  appliesTo: ({ measured }) => measured.deployment !== null,
  title: () => 'Settings as they are deployed',
  sql: (
    facts,
  ) => `SELECT d.trial, d.label, d.role, d.target, d.evidence, t.alpha_mode, t.alpha, t.smoothing_apply, d.simulated, d.deployed, d.gap, d.samples_differing, d.differing_share,
       d.export_bytes, ${facts.measured.deployment!.conditions.map((condition, at) => latencyColumns(condition, at)).join('')}group_concat(DISTINCT l.cpu_flags) AS cpu_flags
FROM v_deployment d
JOIN v_trial t ON t.sweep = d.sweep AND t.trial = d.trial
LEFT JOIN ${latencySource(facts.sweep.name)} l ON l.trial = d.trial
WHERE d.sweep = ${sqlText(facts.sweep.name)} AND d.role IN ('candidate', 'unsmoothed')
GROUP BY d.trial ORDER BY t.position`,
  build: (rows, facts) =>
    rows.length === 0
      ? { kind: 'absent', note: 'No setting has finished.', brief: 'not finished', holdsWhilePending: true }
      : {
          kind: 'table',
          sortable: true,
          caption: captionText(rows, facts),
          details: detailsText(rows),
          columns: columns(rows, facts),
        },
};

function captionText(rows: readonly Row[], { measured }: SweepFacts): string {
  const { conditions, trials } = measured.deployment!;
  const targets = [...new Set(rows.map((row) => textOf(row, 'target')))].filter((target) => target !== 'layers-only');
  const notRun = targets.filter(
    (target) => ![...trials.values()].some((one) => one.target === target && one.evidence === 'run'),
  );
  const slow = rows.filter((row) =>
    conditions.some((_, at) => row[`verdict_${at}`] !== null && row[`verdict_${at}`] !== 'faster'),
  ).length;
  return [
    conditions.length === 0
      ? `No latency was measured: ${rows.some((row) => runsHere(textOf(row, 'target'))) ? 'measure.latency in the experiment measures it' : 'measure.command in the experiment asks a device'}.`
      : '',
    slow > 0 ? `${countText(slow, 'setting')} ${slow === 1 ? 'is' : 'are'} not faster than FP32.` : '',
    notRun.length > 0 ? `Not run here, by published rules only: ${notRun.join(', ')}.` : '',
    `Accuracy as simulated and as deployed, size${conditions.length === 0 ? '' : ', and time of a run against FP32’s'} of each setting.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function detailsText(rows: readonly Row[]): string {
  const flags = flagsOf(rows).map((own) => ` Timed on a CPU with ${own}.`);
  return `Gap: the exported model, run by the runtime, less its simulation; outputs: the share of output values that are not the same bit for bit, and the number of samples with another outcome, if any. Time: median over the rounds of exported / FP32, both timed in turn, with its 95 % interval. Below 1 is faster; where the interval contains 1, the two are not distinguishable. – was not measured.${flags.join('')}`;
}

function flagsOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map((row) => textOrNull(row, 'cpu_flags')))].filter((flags) => flags !== null);
}

function latencyColumns(condition: LatencyCondition, at: number): string {
  return ['ratio', 'ratio_low', 'ratio_high', 'verdict']
    .map((column) => `max(l.${column}) FILTER (WHERE ${conditionSql(condition)}) AS ${column}_${at}, `)
    .join('');
}

function columns(rows: readonly Row[], facts: SweepFacts): readonly TableColumn[] {
  const { metric, links, measured } = facts;
  const { conditions, trials } = measured.deployment!;
  const has = (field: string): boolean => rows.some((row) => row[field] !== null);
  const right = (title: string, field: string, text: (row: Row) => string): TableColumn => ({
    title,
    field,
    align: 'right',
    text,
  });
  const wasRun = (target: string): boolean =>
    [...trials.values()].some((one) => one.target === target && one.evidence === 'run');
  return [
    {
      title: 'setting',
      field: 'label',
      align: 'left',
      text: (row) => withoutTarget(textOf(row, 'label')),
      href: (row) => links.trial(numberOf(row, 'trial')),
    },
    {
      title: 'target',
      field: 'target',
      align: 'left',
      text: (row) => {
        const target = textOf(row, 'target');
        return target === 'layers-only' || wasRun(target) ? target : `${target} (not run here)`;
      },
    },
    { title: 'smoothing', field: 'alpha_mode', align: 'left', text: smoothingText },
    right('simulated', 'simulated', (row) => valueText(numberOrNull(row, 'simulated'), metric)),
    ...(has('deployed')
      ? [right('deployed', 'deployed', (row) => valueText(numberOrNull(row, 'deployed'), metric))]
      : []),
    ...(has('gap') ? [right('gap', 'gap', (row) => differenceText(numberOrNull(row, 'gap'), metric))] : []),
    ...(has('differing_share') ? [right('outputs', 'differing_share', outputsText)] : []),
    ...(has('export_bytes')
      ? [
          right('size', 'export_bytes', (row) => {
            const bytes = numberOrNull(row, 'export_bytes');
            return bytes === null ? '–' : bytesText(bytes);
          }),
        ]
      : []),
    ...conditions.map((condition, at): TableColumn => ({
      title: conditionText(condition, conditions),
      field: `ratio_${at}`,
      align: 'left',
      text: (row) => ratioCell(row, at),
    })),
  ];
}

function ratioCell(row: Row, at: number): string {
  const ratio = numberOrNull(row, `ratio_${at}`);
  return ratio === null
    ? '–'
    : `${ratioText(ratio)} [${ratioText(numberOf(row, `ratio_low_${at}`))}, ${ratioText(numberOf(row, `ratio_high_${at}`))}] ${verdictText(textOrNull(row, `verdict_${at}`))}`;
}

/** Words for a stored verdict. */
export function verdictText(verdict: string | null): string {
  return verdict === null ? '–' : verdict === 'same' ? 'not distinguishable' : verdict;
}

/** How the deployed model's outputs are beside those of the simulation. */
function outputsText(row: Row): string {
  const share = numberOrNull(row, 'differing_share');
  if (share === null) return '–';
  const samples = numberOrNull(row, 'samples_differing');
  const judged = samples === null || samples === 0 ? '' : `, ${countText(samples, 'sample')}`;
  return share === 0 ? `bit-equal${judged}` : `${shareText(share)} differ${judged}`;
}

/** `alpha 0.5, requantize`. */
function smoothingText(row: Row): string {
  const mode = textOf(row, 'alpha_mode');
  const alpha = numberOrNull(row, 'alpha');
  if (mode === 'none') return 'none';
  const how =
    mode === 'static' && alpha !== null ? `alpha ${alpha}` : alpha === null ? mode : `${mode}, alpha ${alpha}`;
  const apply = textOrNull(row, 'smoothing_apply');
  return apply === null ? how : `${how}, ${apply}`;
}
