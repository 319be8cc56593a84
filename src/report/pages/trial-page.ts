import { finishedSettings } from '../answers/judged-settings.js';
import { applicableFigures } from '../figures/applicable-figures.js';
import { trialFigures } from '../figures/trial/index.js';
import { escapeHtml } from '../output/html/escape-html.js';
import { countText, differenceText, intervalText, magnitudeText, valueText } from '../number-text.js';
import { noisePhrase, notChosen } from '../answers/noise-phrase.js';
import type { Query } from '../query.js';
import { numberOf, sqlText, toRows } from '../query.js';
import { linked } from '../output/html/linked.js';
import type { Sentence } from '../answers/sentence.js';
import { sentence, strong } from '../answers/sentence.js';
import { searchedAlphasText, searchOrderOf } from '../facts/searched-alphas.js';
import type { TrialFacts } from '../facts/sweep-facts.js';
import { floatOperatorsSql, readFloatOperators } from '../facts/float-operators.js';
import { latencySql, operatorSharesSql, readOperatorShares } from '../facts/latency.js';
import { blameText, busyText, latencyText, verdictText } from '../facts/latency-text.js';
import { trialTarget } from '../facts/trial-target.js';
import { chooseBest, comparedWith, factsSql } from '../facts/sweep-facts.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { pageBody } from '../output/html/page-body.js';
import { sourcesHtml } from '../output/html/sql-disclosure.js';
import { timeText } from '../time-text.js';
import { sentenceHtml } from '../output/html/sentence-html.js';
import { notesBlock } from './notes-block.js';
import { definitionHtml } from '../output/html/definition-html.js';
import { tileRow } from '../output/html/tile-row.js';
import type { TrialPageFacts } from '../facts/trial-page-facts.js';

/** The body of the page of one trial of a sweep. */
export function trialPage(facts: TrialPageFacts, query: Query, options: ReportOptions): string {
  const { sweep, trial } = facts;
  const { metric, links } = sweep;
  const shown = applicableFigures(trialFigures, facts);
  const slow = slowerHtml(facts, query);
  const pending = pendingSentence(facts, query, options);
  const notes = notesBlock(query, sweep.sweep.name, trial.trial);
  const tiles = [
    ['best', valueText(trial.value, metric), tileName(facts)],
    ...(trial.role === 'fp32'
      ? []
      : [
          [
            'fp32',
            differenceText(trial.gapToFp32, metric),
            `from FP32 (${valueText(trial.fp32Value, metric)})`,
          ] as const,
        ]),
    ...(trial.alphaMode === 'none'
      ? []
      : [
          [
            'unsmoothed',
            differenceText(trial.gainOverUnsmoothed, metric),
            `from unsmoothed (${valueText(trial.unsmoothedValue, metric)})`,
          ] as const,
        ]),
  ] as const;
  const page = {
    crumbs: [
      { text: 'Sweeps', href: links.index },
      { text: sweep.sweep.name, href: links.sweep },
      { text: `trial ${trial.trial}`, href: null },
    ],
    heading: trial.label,
    about: [
      `trial ${trial.trial} of sweep ${sweep.sweep.name}`,
      ...(trial.model === null ? [] : [`model ${trial.model}`]),
      ...targetAbout(facts),
      trial.role,
      trial.status,
    ],
    first: `${notes.html}${warningsHtml(facts)}${slow.html}<p class="headline">${sentenceHtml(pending ?? verdictSentence(facts))}</p>${alphasHtml(facts)}${tileRow(tiles)}${definitionHtml(metric)}${neighboursHtml(facts)}${sourcesHtml(
      [
        ['trials', factsSql.trials(sweep.sweep.name)],
        ['comparisons', factsSql.comparisons(sweep.sweep.name)],
        ...notes.sources,
        ...slow.sources,
        ...(pending === null ? [] : [['whether it runs', runningSql(facts)] as const]),
      ],
    )}`,
    sections: [
      {
        id: 'evidence-first',
        title: 'Against the others',
        figures: figuresOf(...(trial.status === 'stopped' ? ['stop'] : ['comparisons', 'values'])),
      },
      { id: 'deployment', title: 'Deployment', figures: shown.filter(({ section }) => section === 'deployment') },
      { id: 'layers', title: 'Layers', figures: shown.filter(({ section }) => section === 'layers') },
      { id: 'evidence', title: 'Where the numbers come from', figures: figuresOf('settings', 'attempts') },
    ],
    source: `sweep ${sweep.sweep.name} (created ${timeText(sweep.sweep.createdAt)}), trial ${trial.trial}`,
    links,
  };
  return pageBody(page, facts, query, options);
}

/** Where the alphas of a trial of one layer's sensitivity come from; empty for other trials. */
function alphasHtml({ trial }: TrialPageFacts): string {
  const text = trial.role === 'sensitivity' ? searchedAlphasText(searchOrderOf(trial)) : '';
  return text === '' ? '' : `<p class="caption">${escapeHtml(text)}</p>`;
}

/**
 * What makes the FP32 result that the trial is measured against nonsense; empty where it is sound.
 */
function warningsHtml({ sweep: { warnings }, trial }: TrialPageFacts): string {
  return warnings
    .filter(({ voidedTrials }) => voidedTrials.has(trial.trial))
    .map(({ message, cause }) => `<p class="warning" role="status">${escapeHtml(`${message} ${cause}`)}</p>`)
    .join('');
}

/**
 * That the trial is not faster than FP32, in the first condition where it is not, and the operators
 * to blame; empty where it is faster, and where that was not measured.
 */
function slowerHtml(
  { sweep: { sweep, measured }, trial: { trial } }: TrialPageFacts,
  query: Query,
): { readonly html: string; readonly sources: readonly (readonly [string, string])[] } {
  const { deployment } = measured;
  const latency = deployment?.trials.get(trial)?.latencies.find(({ verdict }) => verdict !== 'faster');
  if (deployment === null || latency === undefined) return { html: '', sources: [] };
  const blame = blameText(readOperatorShares(query, sweep.name, latency));
  const float = readFloatOperators(query, sweep.name, trial);
  const text = sentence(
    strong('Not faster than FP32'),
    `: ${latencyText(latency)}${busyText(latency)}, ${verdictText(latency)}. ${blame ?? 'No profile tells which operators are to blame.'}`,
    float.length === 0 ? '' : ` The runtime left in float: ${float.join(', ')}.`,
  );
  return {
    html: `<p class="warning" role="status">${sentenceHtml(text)}</p>`,
    sources: [
      ['latency', latencySql(sweep.name, null)],
      ['operators to blame', operatorSharesSql(sweep.name, latency)],
      ['operators in float', floatOperatorsSql(sweep.name, trial)],
    ],
  };
}

function figuresOf(...ids: readonly string[]) {
  return trialFigures.filter(({ id }) => ids.includes(id));
}

function tileName({ sweep: { metric }, trial }: TrialPageFacts): string {
  const { ciLow, ciHigh } = trial;
  return ciLow === null || ciHigh === null
    ? metric.name
    : `${metric.name}, 95 % interval ${intervalText(ciLow, ciHigh, metric)}`;
}

/** Whether the sweep's run works at the trial. */
function runningSql({ sweep, trial }: TrialPageFacts): string {
  return `SELECT count(*) AS attempts FROM v_attempt WHERE trial = ${trial.trial} AND status = 'running'
  AND attempt >= (SELECT run_attempt FROM v_sweep WHERE sweep = ${sqlText(sweep.sweep.name)})`;
}

/** Of a pending trial while a run is at its sweep; else null. */
function pendingSentence(facts: TrialPageFacts, query: Query, { live }: ReportOptions): Sentence | null {
  const { sweep, trial } = facts;
  if (trial.status !== 'pending' || live?.run.kind !== 'running' || !sweep.sweep.claimed) return null;
  const attempts = numberOf(toRows(query(runningSql(facts), []))[0] ?? {}, 'attempts');
  return attempts > 0
    ? sentence(strong('This trial is running'), ': its result appears here when it is done.')
    : sentence(strong('This trial is pending'), ': the run takes it when its turn comes.');
}

/** What the trial came to, beside FP32, unsmoothed and the best. */
function verdictSentence(facts: TrialPageFacts): Sentence {
  const { sweep, trial } = facts;
  const { metric } = sweep;
  if (trial.status === 'failed') {
    return sentence(strong('This trial failed'), ': see its attempts below. It counts nowhere.');
  }
  if (trial.status === 'stopped') {
    return sentence(
      strong('This trial was stopped early'),
      ': it is certainly not the best, see the table below. It has losses but no accuracy, and counts in no comparison.',
    );
  }
  if (trial.status === 'pending' || trial.value === null) {
    return sentence(strong('This trial has not finished'), ': quantsweep run with the same experiment continues it.');
  }
  const value = strong(`${valueText(trial.value, metric)} ${metric.name}`);
  if (trial.role === 'fp32')
    return sentence(value, ': the original model, against which every other trial is measured.');
  return sentence(
    value,
    ...standing(facts),
    ...against(facts, 'fp32', 'FP32', trial.gapToFp32),
    ...overUnsmoothed(facts),
    '.',
  );
}

/**
 * `, the best of 41 settings`, `, level with the best of 41 settings` or
 * `, number 3 of 41 settings`.
 */
function standing(facts: TrialPageFacts): Sentence {
  const { sweep, trial } = facts;
  const settings = sweep.allTrials.filter(
    (t) =>
      t.role === 'candidate' &&
      t.status === 'done' &&
      t.value !== null &&
      t.metric === trial.metric &&
      trialTarget(t) === trialTarget(trial),
  );
  if (trial.role !== 'candidate' || settings.length < 2 || sweep.isVoid) return [];
  const above = settings.filter((t) => (t.value ?? 0) > (trial.value ?? 0)).length;
  // Of equals the sweep has one best: the one that every command takes.
  const best = chooseBest(settings)?.trial === trial.trial ? 'the best' : 'level with the best';
  return sentence(
    `, ${above === 0 ? best : `number ${above + 1}`} of ${countText(settings.length, sweep.sweep.stopped > 0 ? 'complete setting' : 'setting')}${onTarget(facts)}`,
  );
}

/** The target, marked where the trial was not run on it; nothing of sweeps that have none. */
function targetAbout({ sweep: { measured }, trial }: TrialPageFacts): string[] {
  const target = trialTarget(trial);
  if (measured.deployment === null || target === null) return [];
  const evidence = measured.deployment.trials.get(trial.trial)?.evidence;
  return [`target ${target}${evidence === 'rules' ? ' (not run here)' : ''}`];
}

/** ` on tensorrt` where the sweep has several targets, of which none is judged by another's. */
function onTarget({ sweep, trial }: TrialPageFacts): string {
  const targets = new Set(sweep.allTrials.map(trialTarget).filter((target) => target !== null));
  return targets.size > 1 ? ` on ${trialTarget(trial) ?? ''}` : '';
}

function against(
  { sweep, trial }: TrialPageFacts,
  other: 'fp32' | 'unsmoothed',
  name: string,
  difference: number | null,
): Sentence {
  if (difference === null) return [];
  const where =
    difference === 0
      ? `equal to ${name}`
      : `${magnitudeText(difference, sweep.metric)} ${difference > 0 ? 'above' : 'below'} ${name}`;
  const chosen = sweep.best?.trial === trial.trial ? { one: finishedSettings(sweep), other: 1 } : notChosen;
  return sentence('; ', strong(where), ', ', ...noisePhrase(comparedWith(sweep, trial, other), chosen));
}

function overUnsmoothed(facts: TrialPageFacts): Sentence {
  return facts.trial.alphaMode === 'none'
    ? []
    : against(facts, 'unsmoothed', 'unsmoothed', facts.trial.gainOverUnsmoothed);
}

/** Links to the trials before and after it, and to comparisons with others that have a page. */
function neighboursHtml({ sweep, trial }: TrialPageFacts): string {
  const place = sweep.allTrials.findIndex((t) => t.trial === trial.trial);
  const steps = [
    ['‹ ', sweep.allTrials[place - 1], 'before'],
    ['› ', sweep.allTrials[place + 1], 'after'],
  ] as const;
  const items = steps.flatMap(([mark, other, where]) =>
    other === undefined ? [] : [`<li>${mark}${where}: ${trialLinkHtml(other, sweep.links.trial(other.trial))}</li>`],
  );
  return items.length === 0 ? '' : `<nav class="steps" aria-label="Other trials"><ul>${items.join('')}</ul></nav>`;
}

function trialLinkHtml({ label }: TrialFacts, href: string | null): string {
  return linked(escapeHtml(label.length > 160 ? `${label.slice(0, 160)}…` : label), href);
}
