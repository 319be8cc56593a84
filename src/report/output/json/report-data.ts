import { guardedAnswer } from '../../answers/guarded-answer.js';
import { goalRule } from '../../answers/goal-sentence.js';
import type { TargetRecommendation } from '../../answers/target-recommendations.js';
import { recommendationRule, type Recommendation } from '../../answers/recommendation.js';
import type { Lack } from '../../questions/question.js';
import type { QuestionKind } from '../../questions/registry.js';
import type { FigureData } from '../../figures/figure-data.js';
import { pageFigures } from '../../figures/page-figures.js';
import type { Cell, Query } from '../../query.js';
import { sentenceText } from '../../answers/sentence.js';
import type { SweepFacts, SweepSummary, TrialFacts } from '../../facts/sweep-facts.js';

/**
 * Version of {@link ReportData}: raised where a field is removed or changes its meaning; fields may
 * be added.
 */
const reportDataVersion = 1;

/** What `report --json` writes; docs/REPORTS.md describes what to take. */
export interface ReportData {
  readonly format: 'quantsweep-report';
  readonly version: typeof reportDataVersion;
  readonly database: string;
  /** UTC, ISO 8601. */
  readonly generatedAt: string;
  readonly sweeps: readonly SweepData[];
}

interface SweepData {
  readonly sweep: SweepSummary;
  /** In plain text. */
  readonly answer: {
    readonly warning: string | null;
    readonly headline: string;
    readonly findings: readonly string[];
    /** What the sweep asks, the leading question first. */
    readonly questions: readonly {
      readonly kind: QuestionKind;
      readonly title: string;
      readonly sentences: readonly string[];
      readonly lacks: readonly Lack[];
    }[];
    readonly recommendation: RecommendationData | null;
    /** What to take on each target; empty of sweeps without targets, measured speed and a goal. */
    readonly onTargets: readonly OnTargetData[];
  };
  /** Number of the best trial; null without one, and where FP32 is nonsense. */
  readonly best: number | null;
  readonly trials: readonly Omit<TrialFacts, 'settings'>[];
  readonly figures: readonly DataOfFigure[];
}

/** What to take, and why. */
interface RecommendationData extends Omit<Recommendation, 'trial' | 'text'> {
  readonly trial: number;
  readonly text: string;
  readonly rule: string;
}

/** What to take on one target, and why. */
interface OnTargetData extends Omit<TargetRecommendation, 'trial' | 'text' | 'name'> {
  readonly trial: number | null;
  readonly text: string;
  readonly rule: string;
}

interface DataOfFigure {
  readonly id: string;
  readonly title: string;
  readonly kind: FigureData['content']['kind'];
  /** What is seen; of an absent figure, which setting brings it. */
  readonly caption: string;
  /** How to read it. */
  readonly details: string | null;
  readonly sql: string;
  readonly columns: readonly string[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
}

/** The report's data as plain JSON: finite numbers, text and null. */
export function reportData(
  sweeps: readonly SweepFacts[],
  query: Query,
  { database, generatedAt }: { readonly database: string; readonly generatedAt: Date },
): ReportData {
  return {
    format: 'quantsweep-report',
    version: reportDataVersion,
    database,
    generatedAt: generatedAt.toISOString(),
    sweeps: sweeps.map((facts) => sweepData(facts, query)),
  };
}

function sweepData(facts: SweepFacts, query: Query): SweepData {
  const { warning, headline, findings, questions, recommendation, onTargets } = guardedAnswer(facts);
  return {
    sweep: facts.sweep,
    answer: {
      warning,
      headline: sentenceText(headline),
      findings: findings.map(sentenceText),
      questions: questions.map(({ kind, title, sentences, lacks }) => ({
        kind,
        title,
        sentences: sentences.map(sentenceText),
        lacks,
      })),
      recommendation:
        recommendation === null
          ? null
          : {
              ...recommendation,
              trial: recommendation.trial.trial,
              text: sentenceText(recommendation.text),
              rule: recommendationRule,
            },
      onTargets: onTargets.map(({ target, model, wasRun, trial, decidedBy, text }) => ({
        target,
        model,
        wasRun,
        trial: trial?.trial ?? null,
        decidedBy,
        text: sentenceText(text),
        rule: facts.sweep.goal === null ? recommendationRule : goalRule,
      })),
    },
    best: facts.best?.trial ?? null,
    trials: facts.allTrials.map(withoutSettings),
    figures: (pageFigures({ kind: 'sweep' }, facts, query) ?? []).map(dataOfFigure),
  };
}

function withoutSettings(trial: TrialFacts): Omit<TrialFacts, 'settings'> {
  return Object.fromEntries(Object.entries(trial).filter(([name]) => name !== 'settings')) as Omit<
    TrialFacts,
    'settings'
  >;
}

function dataOfFigure({ id, title, sql, result, rows, content }: FigureData): DataOfFigure {
  const { columns } = result;
  return {
    id,
    title,
    kind: content.kind,
    caption: content.kind === 'absent' ? content.note : content.caption,
    details: content.kind === 'absent' ? null : (content.details ?? null),
    sql,
    columns,
    rows: rows.map((row) => columns.map((column) => finite(row[column] ?? null))),
  };
}

/** SQLite can calculate an infinity, JSON can't hold one. */
function finite(cell: Cell): Cell {
  return typeof cell === 'number' && !Number.isFinite(cell) ? null : cell;
}
