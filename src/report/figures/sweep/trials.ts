import { inDifferenceUnit } from '../../number-text.js';
import { drawnLimits } from '../../charts/drawn-limits.js';
import { textWidth } from '../../charts/text-width.js';
import { exploredText } from '../../explored-cell.js';
import { isRightAligned, type ExploredColumn, type ExploredTable } from '../../explored-table.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { trialAxes, type TrialAxis } from '../../facts/trial-axes.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText } from '../../query.js';
import type { Figure, TableColumn } from '../figure.js';

/**
 * Every trial of the sweep with its settings and numbers, to be sorted, filtered and compared in
 * the page.
 */
export const trialTable: Figure = {
  id: 'trials',
  section: 'trials',
  title: () => 'All trials',
  sql: (facts) =>
    `SELECT t.trial, t.position, t.label, t.role, t.status, ${trialAxes(facts)
      .map(({ sql, path }) => `${sql} AS ${sqlName(path)}, `)
      .join('')}t.value, t.ci_low, t.ci_high, t.gap_to_fp32,
       t.gain_over_unsmoothed, f.p_corrected AS p_against_fp32, f.p_relation AS p_against_fp32_relation, b.difference AS difference_from_best, b.p_corrected AS p_against_best,
       b.p_relation AS p_against_best_relation,
       t.mean_l1, t.output_divergence, t.agreement, t.gate_error, t.evaluated_samples, t.duration_ms, t.provider,
       substr(t.key, 1, 10) AS key, t.error_class, t.error, w.tags, w.notes${facts.measured.deployment === null ? '' : `, CASE e.evidence WHEN 'rules' THEN 'not run here' WHEN 'run' THEN 'run' END AS evidence`}
FROM v_trial t
LEFT JOIN v_comparison f ON f.sweep = t.sweep AND f.trial = t.trial AND f.against = 'fp32'
LEFT JOIN v_comparison b ON b.sweep = t.sweep AND b.trial = t.trial AND b.against = 'best' AND b.other_trial = ${facts.best?.trial ?? -1}
LEFT JOIN (SELECT trial, group_concat(text, ', ' ORDER BY note) FILTER (WHERE kind = 'tag') AS tags,
  group_concat(text, ' | ' ORDER BY note) FILTER (WHERE kind = 'note') AS notes
  FROM v_note WHERE sweep = ${sqlText(facts.sweep.name)} AND trial IS NOT NULL GROUP BY trial) w ON w.trial = t.trial${
    facts.measured.deployment === null
      ? ''
      : `
LEFT JOIN v_deployment e ON e.sweep = t.sweep AND e.trial = t.trial`
  }
WHERE t.sweep = ${sqlText(facts.sweep.name)} ORDER BY ${isLong(facts) ? `t.role <> 'fp32', t.value IS NULL, t.value DESC, ` : ''}t.position`,
  build: (rows, facts) => {
    const explored = exploredTrials(rows, facts);
    const { best, metric, links } = facts;
    return {
      kind: 'table',
      sortable: false,
      caption: `Gap: difference from FP32${inDifferenceUnit(metric)}. p, best: paired test against the best; below 0.05, the two differ significantly.${longText(rows, facts)}`,
      details: `p is corrected for the choice of the best among all settings. Mean L1 is over the layers the trial quantizes and its loss samples, comparable only if these are the same. Divergence: of the output from FP32’s (KL for classes and heatmaps), needs no labels. Gate: largest error of the smoothed float model relative to FP32. A heading sorts, the best first; a second click turns the order round, a third returns to the sweep’s own.`,
      columns: explored.columns.filter(({ shown }) => shown !== 'chosen').map((column) => tableColumn(column, facts)),
      explored,
      emphasis: (row) =>
        row['status'] === 'failed' ? 'failed' : best !== null && numberOf(row, 'trial') === best.trial ? 'best' : null,
    };

    function tableColumn(column: ExploredColumn, { metric: written }: SweepFacts): TableColumn {
      return {
        title: column.title,
        field: column.field,
        align: isRightAligned(column) ? 'right' : 'left',
        text: (row) => exploredText(column, row, written),
        ...(column.format === 'trial' ? { href: (row: Row) => links.trial(numberOf(row, 'trial')) } : {}),
      };
    }
  },
};

/** True of more trials than the table shows at once: then the best come first. */
function isLong({ allTrials }: SweepFacts): boolean {
  return allTrials.length > drawnLimits.tablePage;
}

function longText(rows: readonly Row[], facts: SweepFacts): string {
  return isLong(facts) ? ` All ${rows.length} trials are here, ${drawnLimits.tablePage} at a time.` : '';
}

/** A column's name in SQL, as an axis has dots in its path. */
function sqlName(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/** Pixels of the page's column of figures, less the box to select a row. */
const widest = 1150;

/** Of a cell's padding and of a head's arrow. */
const padding = 20;
const arrow = 14;

/** Pixels that a setting's label gets at least; the whole is in its tooltip and on its page. */
const labelWidth = 190;

/** Columns in the order that they stand in, those that the sweep has nothing for left out. */
function exploredTrials(rows: readonly Row[], facts: SweepFacts): ExploredTable {
  const { metric } = facts;
  const candidates = [...settingColumns(trialAxes(facts), facts.measured.deployment !== null), ...numberColumns(facts)];
  const filled = candidates.filter(
    ({ format, field }) => format === 'trial' || rows.some((row) => row[field] !== null),
  );
  const useful = filled.filter(({ id }) => id !== 'status' || rows.some((row) => row['status'] !== 'done'));
  const fitting = fit(useful);
  return {
    columns: filled.map((column) => ({
      ...column,
      shown: column.shown !== 'chosen' && !fitting.has(column.id) ? 'chosen' : column.shown,
      isChoice: column.isChoice && distinctValues(rows, column.field) <= drawnLimits.tableChoices,
    })),
    metric,
    perPage: drawnLimits.tablePage,
    sweep: facts.sweep.name,
    best: facts.best?.trial ?? null,
  };

  /** Ids of the columns that fit side by side: the most important first, then as they stand. */
  function fit(columns: readonly ExploredColumn[]): ReadonlySet<string> {
    const chosen = new Set<string>();
    let width = 0;
    const wanted = columns.filter(({ shown }) => shown !== 'chosen');
    for (const column of [...wanted].sort((a, b) => Number(a.shown !== 'always') - Number(b.shown !== 'always'))) {
      const needed = columnWidth(column);
      if (width + needed > widest) continue;
      width += needed;
      chosen.add(column.id);
    }
    return chosen;
  }

  function columnWidth(column: ExploredColumn): number {
    if (column.format === 'trial') return labelWidth;
    const texts = rows.map((row) => exploredText(column, row, metric).slice(0, longestSetting));
    // A head of several words breaks into lines.
    const head = Math.max(...column.title.split(' ').map((word) => textWidth(word, 13))) + arrow;
    return padding + Math.max(head, ...new Set(texts.map((text) => textWidth(text, 13))));
  }
}

/** Letters of a setting's value that a cell shows at most; its tooltip has the whole. */
const longestSetting = 24;

function distinctValues(rows: readonly Row[], field: string): number {
  return new Set(rows.map((row) => row[field])).size;
}

function settingColumns(axes: readonly TrialAxis[], hasTargets: boolean): ExploredColumn[] {
  return [
    column('trial', 'setting', 'trial', { field: 'position', shown: 'always' }),
    ...axes.map(({ path, name, isBoolean, isWord }) =>
      column(path, name, isBoolean ? 'boolean' : isWord ? 'word' : 'setting', {
        hint: path,
        shown: 'wide',
        isChoice: true,
        isSetting: true,
      }),
    ),
    ...(hasTargets
      ? [column('evidence', 'target was', 'word', { hint: 'run, or by published rules only', shown: 'wide' })]
      : []),
    column('role', 'role', 'role', { isChoice: true, isSetting: true }),
    column('status', 'status', 'status', { shown: 'wide', isChoice: true }),
    column('tags', 'tags', 'written', { hint: 'written with quantsweep note', shown: 'wide' }),
  ];
}

function numberColumns({ metric }: SweepFacts): ExploredColumn[] {
  return [
    column('value', metric.shortName, 'value', { hint: metric.name, better: 'higher', shown: 'always' }),
    column('interval', '95 % interval', 'interval', { field: 'ci_low', better: 'higher', shown: 'wide' }),
    column('gap', 'gap', 'gap', {
      field: 'gap_to_fp32',
      hint: 'difference from FP32',
      better: 'higher',
      shown: 'always',
    }),
    column('p-best', 'p, best', 'p', {
      field: 'p_against_best',
      hint: 'paired test against the best, corrected',
      better: 'higher',
      shown: 'wide',
    }),
    column('mean-l1', 'mean L1', 'loss', { field: 'mean_l1', hint: 'of the layers', better: 'lower', shown: 'wide' }),
    column('duration', 'time', 'duration', { field: 'duration_ms', better: 'lower', shown: 'wide' }),
    column('difference', 'from best', 'difference', {
      field: 'difference_from_best',
      hint: 'difference from the best, paired',
      better: 'higher',
    }),
    column('gain', 'gain', 'difference', {
      field: 'gain_over_unsmoothed',
      hint: 'over unsmoothed of equal settings',
      better: 'higher',
    }),
    column('p-fp32', 'p, FP32', 'p', {
      field: 'p_against_fp32',
      hint: 'paired test against FP32, corrected',
      better: 'higher',
    }),
    column('divergence', 'divergence', 'loss', {
      field: 'output_divergence',
      hint: 'of the output from FP32’s',
      better: 'lower',
    }),
    column('agreement', 'agreement', 'share', { hint: 'share of samples predicted as by FP32', better: 'higher' }),
    column('gate', 'gate', 'exponent', {
      field: 'gate_error',
      hint: 'largest error of the smoothed float model',
      better: 'lower',
    }),
    column('notes', 'notes', 'written', { hint: 'written with quantsweep note' }),
    column('provider', 'provider', 'provider', { isChoice: true }),
    column('key', 'key', 'code', {}),
  ];
}

function column(
  id: string,
  title: string,
  format: ExploredColumn['format'],
  more: Partial<ExploredColumn>,
): ExploredColumn {
  const plain = { hint: '', field: id, better: null, shown: 'chosen', isChoice: false, isSetting: false } as const;
  return { id, title, format, ...plain, ...more };
}
