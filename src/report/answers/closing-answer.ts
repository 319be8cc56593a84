import { latencyIn } from '../facts/deployment-facts.js';
import { conditionsOf } from '../facts/latency-conditions.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { bytesText, differenceText, intervalText, ratioText, valueText } from '../number-text.js';
import { bringsText } from '../questions/question.js';
import { shippedValue } from './deployed-phrase.js';
import { withoutTarget } from './setting-name.js';
import { guardedAnswer } from './guarded-answer.js';
import { sentenceText } from './sentence.js';
import { tiesOf } from './ties.js';

/** Rows of the table. */
const mostRows = 5;

/** The same of each of several targets. */
const mostRowsOfTarget = 3;

/**
 * The answer of a sweep for a terminal, part by part. Empty parts are left out by {@link
 * closingText}.
 */
export interface ClosingAnswer {
  /** Why it may change: unfinished or failed trials; null when the sweep is complete. */
  readonly warning: string | null;
  /** The answer to the leading question, and what else is to be known. */
  readonly sentences: readonly string[];
  /** The best settings, best first: heads and rows in plain text. Null without a best setting. */
  readonly table: {
    readonly heads: readonly string[];
    readonly rows: readonly (readonly string[])[];
  } | null;
  /** What to take; null without a best setting, and where FP32 is no reference. */
  readonly recommendation: string | null;
  /** What to take on each target, where the sweep has targets, measured speed or a goal. */
  readonly onTargets: readonly string[];
  /** What the sweep lacks to answer its question, each with the line that brings it. */
  readonly lacks: readonly string[];
}

/** The report's answer in plain text: where `run` ends. */
export function closingAnswer(facts: SweepFacts): ClosingAnswer {
  const { warning, headline, findings, recommendation, onTargets, questions } = guardedAnswer(facts);
  return {
    warning,
    sentences: (facts.isVoid ? [headline, ...findings] : [headline]).map(sentenceText),
    table: deployedTable(facts) ?? bestTable(facts),
    recommendation:
      recommendation === null
        ? null
        : `${sentenceText(recommendation.text)} It is trial ${recommendation.trial.trial}: ${recommendation.trial.label}.`,
    onTargets: onTargets.map(
      ({ trial, text }) =>
        `${sentenceText(text)}${trial === null ? '' : ` It is trial ${trial.trial}: ${trial.label}.`}`,
    ),
    lacks: questions[0].lacks.map(
      (lack) => `Not known: ${lack.unknown}. ${lack.yaml} in the experiment ${bringsText(lack)}.`,
    ),
  };
}

/**
 * The same as lines of at most `width` characters where words allow it; a table that is wider keeps
 * its label and value and loses columns.
 */
export function closingText(facts: SweepFacts, width = 100): string {
  const { warning, sentences, table, recommendation, onTargets, lacks } = closingAnswer(facts);
  const parts = [
    ...(warning === null ? [] : [wrapped(`Incomplete: ${warning}`, width)]),
    sentences.map((text) => wrapped(text, width)).join('\n'),
    ...(table === null ? [] : [tableText(table.heads, table.rows, width)]),
    ...(recommendation === null ? [] : [wrapped(recommendation, width)]),
    ...(onTargets.length === 0 ? [] : [onTargets.map((text) => wrapped(text, width)).join('\n')]),
    ...(lacks.length === 0 ? [] : [lacks.map((text) => wrapped(text, width)).join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function bestTable(facts: SweepFacts): ClosingAnswer['table'] {
  const { trials, best, metric } = facts;
  if (best === null) return null;
  const finished = trials
    .filter(({ role, status, place }) => role === 'candidate' && status === 'done' && place !== null)
    .sort((a, b) => a.place! - b.place!)
    .slice(0, mostRows);
  const tied = new Set(tiesOf(facts)?.tied.map(({ trial }) => trial));
  const compared = new Set(tiesOf(facts)?.compared.map(({ trial }) => trial));
  const standing = ({ trial }: TrialFacts): string =>
    trial === best.trial ? 'best' : !compared.has(trial) ? 'not tested' : tied.has(trial) ? 'tied' : 'worse';
  return {
    heads: ['setting', metric.shortName, '95 % interval', 'from FP32', 'against the best'],
    rows: finished.map((trial) => [
      trial.label,
      valueText(trial.value, metric),
      trial.ciLow === null || trial.ciHigh === null ? '–' : intervalText(trial.ciLow, trial.ciHigh, metric),
      differenceText(trial.gapToFp32, metric),
      standing(trial),
    ]),
  };
}

/** The same of a sweep with targets, measured speed or a goal: the best settings of each target. */
function deployedTable(facts: SweepFacts): ClosingAnswer['table'] {
  const { trials, metric, measured, isVoid } = facts;
  const { deployment } = measured;
  if (deployment === null || isVoid) return null;
  const each = deployment.groups.length === 1 ? mostRows : mostRowsOfTarget;
  const rows = deployment.groups.flatMap(({ target, trials: own }) => {
    const condition = conditionsOf([...own].flatMap((trial) => deployment.trials.get(trial)?.latencies ?? []))[0];
    return trials
      .filter(({ trial, status, place }) => own.has(trial) && status === 'done' && place !== null)
      .sort((a, b) => a.place! - b.place!)
      .slice(0, each)
      .map((trial) => {
        const deployed = deployment.trials.get(trial.trial);
        const latency = latencyIn(deployment, trial.trial, condition);
        const value = shippedValue(trial, deployed);
        return [
          withoutTarget(trial.label),
          `${valueText(value, metric)}${deployed?.deployed === undefined || deployed.deployed === null ? ' simulated' : ' deployed'}`,
          deployed?.evidence === 'rules' ? `${target}, not run here` : target,
          differenceText(value === null || trial.fp32Value === null ? null : value - trial.fp32Value, metric),
          latency === null
            ? 'not measured'
            : `${ratioText(latency.ratio)} of FP32${latency.verdict === 'faster' ? '' : `, ${latency.verdict === 'same' ? 'not distinguishable' : 'slower'}`}`,
          deployed?.exportBytes === null || deployed === undefined ? '–' : bytesText(deployed.exportBytes),
        ];
      });
  });
  return rows.length === 0
    ? null
    : { heads: ['setting', metric.shortName, 'target', 'from FP32', 'latency', 'size'], rows };
}

function tableText(heads: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]!.length)));
  // From the right, but for the label and the value.
  let shown = heads.length;
  const total = (count: number): number => widths.slice(0, count).reduce((sum, one) => sum + one + 2, -2);
  while (shown > 2 && total(shown) > width) shown -= 1;
  const line = (cells: readonly string[]): string =>
    cells
      .slice(0, shown)
      .map((cell, at) => (at === 0 || at === 4 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd();
  return [line(heads), line(widths.map((one) => '-'.repeat(one))), ...rows.map(line)].join('\n');
}

/** Broken at blanks; a word that is longer stays whole. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
