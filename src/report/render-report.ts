import type { Answer } from './answer.js';
import { answerSweep } from './answer.js';
import { chartLibrary } from './chart-library.js';
import type { SectionId } from './figure.js';
import { figures } from './figures/index.js';
import { escapeHtml } from './html.js';
import { countText, differenceText, intervalText, valueText } from './number-text.js';
import { pageHtml } from './page.js';
import { pageScript } from './page-script.js';
import { pageStyle } from './page-style.js';
import type { Query } from './query.js';
import { sqlText, textOf, toRows } from './query.js';
import { renderFigure, sqlDisclosure } from './render-figure.js';
import type { Sentence } from './sentence.js';
import type { SweepFacts } from './sweep-facts.js';
import { factsSql, readSweepFacts } from './sweep-facts.js';

/** What a report says about itself. */
export interface ReportOptions {
  /** Where the rows come from, as shown in the page. */
  readonly database: string;
  /** When the page was made; given, so that equal input makes an equal page. */
  readonly generatedAt: Date;
}

/** The database has no sweep of the name asked for. */
export class UnknownSweepError extends Error {
  override readonly name = 'UnknownSweepError';
}

const sectionTitles: readonly (readonly [Exclude<SectionId, 'first'>, string])[] = [
  ['layers', 'Layers'],
  ['ranges', 'Quantizer ranges'],
  ['absmax', 'The absmax method'],
  ['trials', 'Trials'],
  ['provenance', 'Provenance'],
];

/**
 * The report of one sweep as one self-contained HTML document:
 *
 *     query -> facts (sweep, trials, comparisons) -> answer -> sentences
 *                                                 \-> figure.sql -> query -> figure.build -> Vega-Lite -> Vega
 *                                                                                               \-> page
 *
 * Pure but for `query`, which runs SELECTs on the documented views, and for reading Vega's own files. Throws
 * {@link UnknownSweepError}.
 */
export function renderReport(query: Query, sweep: string, options: ReportOptions): string {
  const facts = readSweepFacts(query, sweep);
  if (facts === null) {
    const names = toRows(query('SELECT sweep FROM v_sweep ORDER BY updated_at DESC', [])).map((row) =>
      textOf(row, 'sweep'),
    );
    const known = names.length === 0 ? 'it has none' : `it has ${names.slice(0, 20).join(', ')}`;
    throw new UnknownSweepError(`Expected a sweep of ${options.database}, got "${sweep}"; ${known}`);
  }
  const html = new Map(figures.map((figure) => [figure.id, renderFigure(figure, facts, query)]));
  const ofSection = (id: SectionId): string =>
    figures
      .filter((figure) => figure.section === id)
      .map((figure) => html.get(figure.id) ?? '')
      .join('\n');
  const sections = sectionTitles.map(
    ([id, title]) =>
      `<section id="${id}"><h2>${title}</h2>${ofSection(id)}${id === 'provenance' ? experimentHtml(query, sweep) : ''}</section>`,
  );
  return pageHtml({
    title: `${sweep} · quantsweep`,
    style: pageStyle,
    body: `<main class="page">
${headerHtml(facts)}
<div class="first"><div>${answerHtml(answerSweep(facts))}${tilesHtml(facts)}${factsSources(facts)}</div><div>${ofSection('first')}</div></div>
<noscript><p class="warning">The charts need JavaScript; the answer and the tables of trials do not.</p></noscript>
${sections.join('\n')}
${footerHtml(facts, options)}
</main>`,
    scripts: [chartLibrary(), pageScript],
  });
}

function headerHtml({ sweep, trials, metric }: SweepFacts): string {
  const question = sweep.question?.trim() ?? '';
  const models = [...new Set(trials.map((trial) => trial.model).filter((model) => model !== null))];
  const about = [
    `sweep ${sweep.name}`,
    models.length === 0 ? null : `model ${models.join(', ')}`,
    countText(sweep.trials, 'trial'),
    `judged by ${metric.name}`,
    `updated ${timeText(sweep.updatedAt)}`,
  ].filter((part) => part !== null);
  return `<header><h1>${escapeHtml(question === '' ? `Which setting of ${sweep.name} keeps the most ${metric.name}?` : question)}</h1>
<p class="about">${about.map((part) => `<span>${escapeHtml(part)}</span>`).join('')}</p></header>`;
}

function answerHtml({ warning, headline, findings }: Answer): string {
  return `${warning === null ? '' : `<p class="warning" role="status"><strong>Incomplete.</strong> ${escapeHtml(warning)}</p>`}
<p class="headline">${sentenceHtml(headline)}</p>
<ul class="findings">${findings.map((finding) => `<li>${sentenceHtml(finding)}</li>`).join('')}</ul>`;
}

function sentenceHtml(sentence: Sentence): string {
  return sentence.map(({ text, strong }) => (strong ? `<strong>${unbroken(text)}</strong>` : unbroken(text))).join('');
}

/** Escaped text in which `top-1` does not break at its hyphen. */
function unbroken(text: string): string {
  return escapeHtml(text).replaceAll(/\btop-\d\b/g, '<span class="whole">$&</span>');
}

function tilesHtml({ sweep, trials, best, metric }: SweepFacts): string {
  const fp32 = trials.find((trial) => trial.role === 'fp32' && trial.value !== null) ?? null;
  const interval =
    fp32 === null || fp32.ciLow === null || fp32.ciHigh === null
      ? ''
      : `, ${intervalText(fp32.ciLow, fp32.ciHigh, metric)}`;
  const tiles = [
    ['fp32', valueText(best?.fp32Value ?? fp32?.value ?? null, metric), `FP32 ${metric.shortName}${interval}`],
    ['unsmoothed', valueText(best?.unsmoothedValue ?? null, metric), 'unsmoothed, at the best’s calibration size'],
    [
      'best',
      valueText(best?.value ?? null, metric),
      `best, ${differenceText(best?.gapToFp32 ?? null, metric)} from FP32`,
    ],
    [
      'done',
      `${sweep.done} of ${sweep.trials}`,
      sweep.failed > 0 ? `trials done, ${sweep.failed} failed` : 'trials done',
    ],
  ] as const;
  return `<div class="tiles">${tiles
    .map(
      ([kind, value, text]) =>
        `<div class="tile ${kind}"><b>${escapeHtml(value)}</b><span>${escapeHtml(text)}</span></div>`,
    )
    .join('')}</div>`;
}

/** The queries that the answer and the tiles come from. */
function factsSources({ sweep }: SweepFacts): string {
  const sources = [
    ['SQL: sweep', factsSql.sweep(sweep.name)],
    ['SQL: trials', factsSql.trials(sweep.name)],
    ['SQL: comparisons', factsSql.comparisons(sweep.name)],
  ] as const;
  return `<div class="sources">${sources.map(([name, sql]) => sqlDisclosure(sql, name)).join('')}</div>`;
}

/** The experiment file as stored when the sweep was begun. */
function experimentHtml(query: Query, sweep: string): string {
  const sql = `SELECT experiment_path, experiment_yaml FROM sweep WHERE name = ${sqlText(sweep)}`;
  const row = toRows(query(sql, []))[0];
  if (row === undefined) return '';
  return `<details><summary>Experiment file: ${escapeHtml(textOf(row, 'experiment_path'))}</summary><pre>${escapeHtml(textOf(row, 'experiment_yaml'))}</pre></details>${sqlDisclosure(sql, 'SQL: experiment file')}`;
}

function footerHtml({ sweep }: SweepFacts, { database, generatedAt }: ReportOptions): string {
  return `<footer>Made by quantsweep report at ${escapeHtml(timeText(generatedAt.toISOString()))} from ${escapeHtml(database)}, sweep ${escapeHtml(sweep.name)} (created ${escapeHtml(timeText(sweep.createdAt))}). Every number comes from the SQL shown beside it: <code>quantsweep query "…"</code> gives the same rows.</footer>`;
}

function timeText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
