import { effectsSql } from '../../facts/effect-facts.js';
import { guardedAnswer } from '../../answers/guarded-answer.js';
import { environments } from '../../figures/sweep/provenance.js';
import { keyTrials } from '../../answers/key-trials.js';
import {
  bold,
  collapsed,
  escapeMarkdown,
  fencedCode,
  linkMarkdown,
  sentenceMarkdown,
  tableMarkdown,
} from './markdown.js';
import { countText, differenceText, intervalText, significantText, valueText } from '../../number-text.js';
import { noiseTile } from '../../answers/noise-phrase.js';
import type { Query, Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull, toRows } from '../../query.js';
import { axisSources, floatPartsName, measuredSources } from '../../facts/measured-facts.js';
import { bringsText } from '../../questions/question.js';
import { sentence, strong } from '../../answers/sentence.js';
import { sweepShape } from '../../questions/sweep-shape.js';
import { staticDynamicSql } from '../../facts/static-dynamic-facts.js';
import { verdictSql } from '../../facts/verdict.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { factsSql } from '../../facts/sweep-facts.js';

/** What a summary says of its surroundings. */
export interface SummaryOptions {
  /** Path of the database file as seen from the folder of the experiment file, for the commands. */
  readonly database: string;
  /** Files of the same report: what they are, and their paths as seen from the summary. */
  readonly files: readonly (readonly [string, string])[];
}

/**
 * A sweep in GitHub-flavoured Markdown for a pull request: question, answer, key numbers, worst
 * layers, how to reproduce.
 */
export function markdownSummary(facts: SweepFacts, query: Query, options: SummaryOptions): string {
  const { sweep } = facts;
  const answer = guardedAnswer(facts);
  const question = sweep.question?.trim() ?? '';
  const worst = facts.best === null ? null : worstLayersSql(facts, facts.best);
  const parts = [
    `## ${escapeMarkdown(question === '' ? `Sweep ${sweep.name}` : question)}`,
    answer.warning === null ? '' : `> [!WARNING]\n> **Incomplete.** ${escapeMarkdown(answer.warning)}`,
    sentenceMarkdown(answer.headline),
    [
      ...answer.findings,
      ...(answer.recommendation === null ? [] : [answer.recommendation.text]),
      ...answer.onTargets.map(({ text }) => text),
      ...answer.questions[0].lacks.map((lack) =>
        sentence(`Not known: ${lack.unknown}. `, strong(lack.yaml), ` in the experiment ${bringsText(lack)}.`),
      ),
    ]
      .map((one) => `- ${sentenceMarkdown(one)}`)
      .join('\n'),
    numbersTable(facts),
    worst === null ? '' : worstLayers(toRows(query(worst, []))),
    options.files.length === 0 ? '' : options.files.map(([text, path]) => linkMarkdown(text, path)).join(' · '),
    collapsed('How to reproduce', reproduce(facts, query, options)),
    collapsed('SQL', fencedCode(shownQueries(facts, worst), 'sql')),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function numbersTable(facts: SweepFacts): string {
  const { metric, comparisons } = facts;
  const shown = keyTrials(facts).filter(({ trial: { role } }) => !facts.isVoid || role !== 'candidate');
  const rows = shown.map(({ trial, what, chosenFrom }) => {
    const isReference = trial.role === 'fp32';
    // The label of an unsmoothed trial says so itself.
    const isNamed = !isReference && what !== 'unsmoothed';
    const test = comparisons.find((c) => c.trial === trial.trial && c.against === 'fp32') ?? null;
    const name = trial === facts.best ? bold(what) : escapeMarkdown(what);
    return [
      isReference ? name : `${isNamed ? `${name}: ` : ''}${escapeMarkdown(trial.label)}`,
      valueText(trial.value, metric),
      trial.ciLow === null || trial.ciHigh === null ? '–' : intervalText(trial.ciLow, trial.ciHigh, metric),
      isReference ? '–' : differenceText(trial.gapToFp32, metric),
      isReference ? '–' : noiseTile(test, { one: chosenFrom, other: 1 })[0].replace(/^p (?:= )?/, ''),
    ];
  });
  if (rows.length === 0) return '';
  const heads = [
    ['setting', 'left'],
    [metric.shortName, 'right'],
    ['95 % interval', 'right'],
    ['gap to FP32', 'right'],
    ['p against FP32, corrected', 'right'],
  ] as const;
  return tableMarkdown(
    heads,
    rows.map((cells) => cells.map((cell, index) => (index === 0 ? cell : escapeMarkdown(cell)))),
  );
}

/** The layers of a trial that lose most. */
function worstLayersSql({ sweep }: SweepFacts, { trial }: TrialFacts): string {
  return `SELECT position, layer, layer_alpha, l1, rel_l1, sqnr_db
FROM v_layer_loss WHERE sweep = ${sqlText(sweep.name)} AND trial = ${trial} AND mode = 'accumulated'
ORDER BY rel_l1 DESC, position LIMIT 5`;
}

function worstLayers(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const heads = [
    ['layer', 'left'],
    ['alpha', 'right'],
    ['L1', 'right'],
    ['relative L1', 'right'],
    ['SQNR (dB)', 'right'],
  ] as const;
  const cells = rows.map((row) => [
    escapeMarkdown(`${numberOf(row, 'position')} ${textOf(row, 'layer').slice(0, 200)}`),
    significantText(numberOrNull(row, 'layer_alpha')),
    significantText(numberOrNull(row, 'l1'), 3),
    significantText(numberOrNull(row, 'rel_l1'), 3),
    numberOrNull(row, 'sqnr_db')?.toFixed(1) ?? '–',
  ]);
  return `The ${countText(rows.length, 'layer')} of the best setting with the largest relative L1, whole network quantized (lower is better):\n\n${tableMarkdown(heads, cells)}`;
}

function keySql({ sweep }: SweepFacts): string {
  return `SELECT key FROM v_sweep WHERE sweep = ${sqlText(sweep.name)}`;
}

function reproduce(facts: SweepFacts, query: Query, { database }: SummaryOptions): string {
  const { sweep } = facts;
  const [key] = toRows(query(keySql(facts), [])).map((row) => textOf(row, 'key'));
  const ran = toRows(query(environments.sql(facts), []));
  const listed = (column: string): string => {
    const values = [...new Set(ran.map((row) => textOrNull(row, column)).filter((value) => value !== null))];
    return values.length === 0 ? 'not recorded' : values.sort().join(', ');
  };
  const models = [...new Set(facts.trials.map(({ model }) => model).filter((model) => model !== null))];
  const lines = [
    `sweep ${sweep.name}, key ${key ?? 'not recorded'}, ${sweep.done} of ${countText(sweep.trials, 'trial')} done${sweep.stopped > 0 ? `, ${sweep.stopped} stopped early` : ''}, last started ${sweep.updatedAt}`,
    `experiment ${sweep.experimentPath}, paths relative to its folder, model ${models.length === 0 ? 'not recorded' : models.join(', ')}`,
    `quantsweep ${listed('quantsweep_version')}, onnxruntime ${listed('onnxruntime_version')}, ${listed('provider')}`,
  ];
  const commands = [
    `quantsweep run ${shellWord(sweep.experimentPath)} --set ${shellWord(`run.database=${database}`)}`,
    `quantsweep report ${shellWord(sweep.name)} --db ${shellWord(database)}`,
  ];
  return `${lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n')}\n\n${fencedCode(commands.join('\n'), 'sh')}`;
}

/** A word for a POSIX shell, quoted where it has to be. */
function shellWord(text: string): string {
  return /^[\w./:=+@%][\w./:=+@%-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function shownQueries(facts: SweepFacts, worst: string | null): string {
  const { effects, staticDynamic, sweep } = facts;
  const { name } = sweep;
  const axes = sweepShape(facts.allTrials).dimensions > 2 && !facts.isVoid ? axisSources(name, facts.measured) : [];
  const keepsSome = [...facts.measured.floatParts.values()].some(({ layers }) => layers > 0);
  const ofFacts = [
    factsSql.sweep(name),
    factsSql.trials(name),
    factsSql.comparisons(name),
    staticDynamicSql(name),
    ...(staticDynamic === null ? [] : [verdictSql(staticDynamic.best.staticTrial, staticDynamic.best.dynamicTrial)]),
    ...(effects.size === null ? [] : [effectsSql.size(name)]),
    ...(effects.absmax === null ? [] : [effectsSql.absmax(name)]),
    ...measuredSources(name, facts)
      .filter(([what]) => what !== floatPartsName || keepsSome)
      .map(([, sql]) => sql),
    ...axes.map(([, sql]) => sql),
  ];
  // All in three lines: a summary is to be short.
  const flat = ofFacts.map((sql) => sql.replaceAll(/\s*\n\s*/g, ' '));
  const lines = [flat.slice(0, 3), flat.slice(3, 6), flat.slice(6)]
    .map((some) => some.join('; '))
    .filter((line) => line !== '');
  return [...lines, worst, keySql(facts), environments.sql(facts)].filter((sql) => sql !== null).join(';\n');
}
