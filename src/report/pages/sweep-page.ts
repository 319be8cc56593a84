import { effectsSql } from '../facts/effect-facts.js';
import { axisSentences } from '../answers/axis-sentence.js';
import { guardedAnswer } from '../answers/guarded-answer.js';
import { staticDynamicSql } from '../facts/static-dynamic-facts.js';
import { verdictSql } from '../facts/verdict.js';
import { applicableFigures } from '../figures/applicable-figures.js';
import type { Figure } from '../figures/figure.js';
import { figures } from '../figures/sweep/index.js';
import { answerHtml, questionHtml, recommendationHtml, sentencesHtml } from '../output/html/answer-html.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { liveSectionHtml } from './live-section.js';
import { pageOrder } from './page-order.js';
import { sweepShape, type SweepShape } from '../questions/sweep-shape.js';
import { axisSources, measuredSources } from '../facts/measured-facts.js';
import { notesBlock } from './notes-block.js';
import { countText, differenceText, intervalText, valueText } from '../number-text.js';
import type { Query } from '../query.js';
import { sqlText, textOf, toRows } from '../query.js';
import type { AbsentFigure } from '../output/html/not-shown.js';
import { renderFigures } from '../output/html/render-figure.js';
import { definitionHtml } from '../output/html/definition-html.js';
import { tileRow } from '../output/html/tile-row.js';
import { sqlDisclosure } from '../output/html/sql-disclosure.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { factsSql, referenceOf } from '../facts/sweep-facts.js';
import { warningsSql } from '../facts/result-warnings.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import { timeText } from '../time-text.js';

/**
 * The body of a sweep's page:
 *
 *     query -> facts (sweep, trials, comparisons)
 *                \-> answer -> sentences ------------------------------------------> page
 *                \-> figure.sql -> query -> figure.build -> Vega-Lite -> Vega -> page
 */
export function sweepPage(facts: SweepFacts, query: Query, options: ReportOptions): string {
  const { sweep, links, metric } = facts;
  const notes = notesBlock(query, sweep.name, null);
  const question = sweep.question?.trim() ?? '';
  const shape = sweepShape(facts.allTrials, facts.isVoid, facts.sweep.hasLatency);
  const answer = guardedAnswer(facts);
  const { leads, parts } = pageOrder(applicableFigures(figures, facts), shape);
  const hasAxes = shape.dimensions > 1 && !facts.isVoid;
  const axes = hasAxes ? axisSentences(facts) : [];
  const said = [answer.headline, ...answer.beside];
  const sources = [...factsSources(facts), ...(hasAxes ? axisSources(sweep.name, facts.measured) : [])];
  const lead = leadingFigure(leads, facts, query);
  const [leading] = answer.questions;
  const page = {
    crumbs: [
      { text: 'Sweeps', href: links.index },
      { text: sweep.name, href: null },
    ].filter((crumb, index) => index > 0 || crumb.href !== null),
    heading: question === '' ? unasked(facts) : question,
    about: aboutSweep(facts),
    first: `${notes.html}${liveSectionHtml(facts, query, options)}<div class="first"><div>${answerHtml({ ...answer, findings: answer.beside })}${recommendationHtml(answer, links, sweep.goal !== null)}<details class="behind"><summary>SQL behind the answer</summary>${sourcesHtml([...sources, ...notes.sources])}</details></div><div>${lead.html}${tilesHtml(facts, shape)}${definitionHtml(metric)}</div></div>`,
    absent: lead.absent,
    sections: [
      { id: `question-${leading.kind}`, title: leading.title, figures: lead.others },
      ...parts.map(({ id, title, question: kind, figures: own }) => ({
        id,
        title,
        before:
          kind !== null ? questionHtml(answer, kind, said) : id === 'axes' && own.length > 0 ? sentencesHtml(axes) : '',
        figures: own,
        after: id === 'provenance' ? experimentHtml(query, sweep.name) : '',
      })),
    ],
    source: `sweep ${sweep.name} (created ${timeText(sweep.createdAt)})`,
    links,
  };
  return pageBody(page, facts, query, options);
}

/** The heading of a sweep whose file asks nothing. */
function unasked({ sweep, metric }: SweepFacts): string {
  return metric.unit === 'percent'
    ? `Which setting of ${sweep.name} keeps the most ${metric.name}?`
    : `Which setting of ${sweep.name} is best by ${metric.name}?`;
}

/** What leads a page. */
interface Lead {
  /** The first figure that has something to show; empty where none has. */
  readonly html: string;
  /** Those before it, which have nothing to show. */
  readonly absent: readonly AbsentFigure[];
  /** Those after it. */
  readonly others: readonly Figure[];
}

function leadingFigure(leads: readonly Figure[], facts: SweepFacts, query: Query): Lead {
  const absent: AbsentFigure[] = [];
  for (const [index, figure] of leads.entries()) {
    const rendered = renderFigures([figure], facts, query);
    if (rendered.html !== '') return { html: rendered.html, absent, others: leads.slice(index + 1) };
    absent.push(...rendered.absent);
  }
  return { html: '', absent, others: [] };
}

function aboutSweep({ sweep, trials, metric }: SweepFacts): string[] {
  const models = [...new Set(trials.map((trial) => trial.model).filter((model) => model !== null))];
  return [
    `sweep ${sweep.name}`,
    models.length === 0 ? null : `model ${models.join(', ')}`,
    countText(sweep.trials, 'trial'),
    `judged by ${metric.name}`,
    `last run started ${timeText(sweep.updatedAt)}`,
  ].filter((part) => part !== null);
}

function tilesHtml(facts: SweepFacts, shape: SweepShape): string {
  const { sweep, best, metric } = facts;
  const fp32 = referenceOf(facts);
  const interval =
    fp32 === null || fp32.ciLow === null || fp32.ciHigh === null
      ? ''
      : `, ${intervalText(fp32.ciLow, fp32.ciHigh, metric)}`;
  const gap = best?.gapToFp32 ?? null;
  const tiles = [
    ['fp32', valueText(best?.fp32Value ?? fp32?.value ?? null, metric), `FP32 ${metric.shortName}${interval}`],
    ['unsmoothed', valueText(best?.unsmoothedValue ?? null, metric), 'unsmoothed, at the best’s calibration size'],
    [
      'best',
      valueText(best?.value ?? null, metric),
      `${shape.targets.length > 1 ? 'best of all targets' : 'best'}${gap === null ? '' : `, ${differenceText(gap, metric)} from FP32`}`,
    ],
    [
      'done',
      `${sweep.done} of ${sweep.trials}`,
      [
        'trials done',
        ...(sweep.stopped > 0 ? [`${sweep.stopped} stopped early`] : []),
        ...(sweep.failed > 0 ? [`${sweep.failed} failed`] : []),
      ].join(', '),
    ],
  ] as const;
  return tileRow(tiles);
}

/** The queries that the answer, the tiles and the links come from. */
function factsSources(facts: SweepFacts): (readonly [string, string])[] {
  const { sweep, staticDynamic } = facts;
  return [
    ['sweep', factsSql.sweep(sweep.name)],
    ['trials', factsSql.trials(sweep.name)],
    ['comparisons', factsSql.comparisons(sweep.name)],
    ['layers', factsSql.layers(sweep.name)],
    ['warnings about FP32', warningsSql.reference(sweep.name)],
    ['metrics', warningsSql.metrics(sweep.name)],
    ['warnings about unsigned inputs', warningsSql.unsigned(sweep.name)],
    ['numerics classes', warningsSql.classes(sweep.name)],
    ['static against dynamic', staticDynamicSql(sweep.name)],
    ...(staticDynamic === null
      ? []
      : [['their paired test', verdictSql(staticDynamic.best.staticTrial, staticDynamic.best.dynamicTrial)] as const]),
    ['effect of calibration size', effectsSql.size(sweep.name)],
    ['effect of absmax', effectsSql.absmax(sweep.name)],
    ...measuredSources(sweep.name, facts),
  ];
}

/** The experiment file as stored when the sweep was begun. */
function experimentHtml(query: Query, sweep: string): string {
  const sql = `SELECT experiment_path, experiment_yaml FROM sweep WHERE name = ${sqlText(sweep)}`;
  const row = toRows(query(sql, []))[0];
  if (row === undefined) return '';
  return `<details><summary>Experiment file: ${escapeHtml(textOf(row, 'experiment_path'))}</summary><pre>${escapeHtml(textOf(row, 'experiment_yaml'))}</pre></details>${sqlDisclosure(sql, 'SQL: experiment file')}`;
}
