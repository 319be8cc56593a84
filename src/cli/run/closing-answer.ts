import type { RunOutcome } from '../../api/run-sweep.js';
import { readDatabase } from '../../api/read-database.js';
import { closingAnswer, closingText, wrapped } from '../../report/answers/closing-answer.js';
import { keptFloatText } from '../../report/answers/kept-float-text.js';
import { readKeptFloat } from '../../report/facts/kept-float.js';
import { readSweepFacts, type SweepFacts } from '../../report/facts/sweep-facts.js';
import { withRelativePaths } from '../../report/relative-paths.js';
import type { Query } from '../../report/query.js';
import { StoreError } from '../../store/store-error.js';
import { quoted } from '../show/quoted.js';

/** What is said at the end of a run of what its sweep has found. */
export interface Closing {
  /** Ends with a line break; empty where there is nothing to say yet. */
  readonly text: string;
  /** Whether it says what makes FP32 no reference. */
  readonly saysVoid: boolean;
}

const nothing: Closing = { text: '', saysVoid: false };

/**
 * The report's answer to a sweep that has run to its end, also where trials failed. Of a sweep that
 * was interrupted one line; nothing of a shard, which is a part of its sweep.
 *
 * @param width columns that lines may have
 */
export function closing({ shard, name, database, interrupted }: RunOutcome, width: number): Closing {
  if (shard !== null && shard.of > 1) return nothing;
  try {
    return readDatabase(database, (queries) => {
      const query: Query = withRelativePaths((sql, params) => queries.query(sql, params as never[]), [name]);
      const facts = readSweepFacts(query, name);
      if (facts === null) return nothing;
      return interrupted
        ? { text: soFar(facts), saysVoid: false }
        : { text: `${closingText(facts, width)}${keptText(query, name, width)}`, saysVoid: facts.isVoid };
    });
  } catch (cause) {
    // What the run has found is stored: that it can't be read here changes nothing of how it ended.
    if (!(cause instanceof StoreError)) throw cause;
    return {
      text: `The answer could not be read: ${cause.message} quantsweep report ${quoted(name)} --db ${quoted(database)} shows it later.\n`,
      saysVoid: false,
    };
  }
}

/** The layers that must stay in float, where trials looked for them. */
function keptText(query: Query, sweep: string, width: number): string {
  const kept = readKeptFloat(query, sweep);
  const texts = kept.map((each) => `${kept.length > 1 ? `${each.label}: ` : ''}${keptFloatText(each)}`);
  return texts.map((text) => `\n${wrapped(text, width)}\n`).join('');
}

function soFar(facts: SweepFacts): string {
  const { done, trials } = facts.sweep;
  if (facts.best === null) return '';
  return `So far, with ${done} of ${trials} trials done: ${closingAnswer(facts).sentences[0] ?? ''}\n`;
}
