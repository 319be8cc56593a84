import type { MergedSource, MergeOutcome } from '../../api/merge-databases.js';
import { plural } from '../show/format-values.js';
import { quoted } from '../show/quoted.js';

/** The text of `quantsweep merge`, once all is merged. */
export function describeMerge({ database, changed, sources, sweeps, note }: MergeOutcome): string {
  const lines = sources.map((source) => `${source.database}: ${broughtText(source)}.`);
  for (const source of sources.filter(({ running }) => running)) {
    lines.push(
      `A sweep is running on ${source.database}. What it had finished is merged; merge again when it has ended.`,
    );
  }
  lines.push(changed ? `Merged into ${database}:` : `Nothing new: ${database} had all of it.`);
  for (const { name, trials, finished, failed } of sweeps) {
    const missing = trials - finished - failed;
    const parts = [`${finished} of ${plural(trials, 'trial')} finished`];
    if (failed > 0) parts.push(`${failed} failed`);
    if (missing > 0)
      parts.push(
        `${missing} still to run: merge the other shards, or run the experiment with --db ${quoted(database)}`,
      );
    lines.push(`  ${name}: ${parts.join(', ')}`);
  }
  if (note !== null) lines.push(note);
  const [latest] = sweeps;
  if (latest !== undefined) lines.push(`Next: quantsweep report ${quoted(latest.name)} --db ${quoted(database)}`);
  return `${lines.join('\n')}\n`;
}

function broughtText({ trials, stages, parts, unfinished, attempts, sweeps, notes, latencies }: MergedSource): string {
  const brought = [
    [trials, 'finished trial'],
    [stages, 'finished stage'],
    [parts, 'part'],
    [attempts, 'attempt'],
    [sweeps, 'sweep'],
    [notes, 'note'],
    [latencies, 'comparison'],
    [unfinished, 'unfinished trial or stage'],
  ] as const;
  const words = brought.flatMap(([count, what]) => (count === 0 ? [] : [wordsOf(count, what)]));
  return words.length === 0 ? 'nothing new' : words.join(', ');
}

function wordsOf(count: number, what: string): string {
  if (what === 'comparison') return `${plural(count, what)} of speed`;
  if (what === 'part') return `${plural(count, 'part')} of unfinished stages`;
  if (what === 'unfinished trial or stage')
    return `${count} unfinished ${count === 1 ? 'trial or stage' : 'trials and stages'}`;
  return plural(count, what);
}
