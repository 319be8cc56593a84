import type { SweepPreview, TrialPreview } from '../../api/plan-sweep.js';
import { formatDuration, plural } from '../show/format-values.js';
import { failuresByCause } from './failures-by-cause.js';
import { emptyShardText, shardWords } from './shard-words.js';

/** Trials listed without `--all`. */
const LISTED = 60;

/** The text of `quantsweep plan`. */
export function describePlan(preview: SweepPreview, all: boolean): string {
  const { trials, stages } = preview;
  const withState = (state: TrialPreview['state']): readonly TrialPreview[] => trials.filter((t) => t.state === state);
  const toRun = withState('to run');
  const leftAlone = withState('failed');
  const again = toRun.filter(({ failure }) => failure !== null);
  const lines = [
    `Provider: ${preview.provider.why}. ${plural(preview.slots.length, 'worker')} (${preview.slots.join(', ')}).`,
    `${preview.name}: ${shardWords(preview.shard, trials.length)}, ${withState('cached').length} cached, ${toRun.length} to run${failedWords(leftAlone.length)}; database ${preview.database}`,
    ...shardLines(preview),
    ...(preview.question === null ? [] : [`Question: ${preview.question}`]),
    ...modelLines(preview),
    ...preview.notes,
    ...preview.warnings.map(({ text }) => `WARNING: ${text}`),
    ...preview.memory,
    ...preview.speed,
    '',
    'what the sweep can answer',
    ...preview.abilities.map((line) => `  ${line}`),
    '',
    'shared stages',
    ...stages.map(
      (stage) =>
        `  ${stage.state.padEnd(8)}${stage.kind.padEnd(11)}${stage.description}; for ${plural(stage.trials, 'trial')}${stage.shards > 1 ? `; ${stage.shards} shards run it` : ''}`,
    ),
    '',
    'trials',
    ...trials.slice(0, all ? trials.length : LISTED).map((t) => `  ${t.state.padEnd(8)}${t.label}`),
  ];
  if (!all && trials.length > LISTED) lines.push(`  ... and ${trials.length - LISTED} more (--all lists them)`);
  if (again.length > 0) lines.push('', `${plural(again.length, 'trial')} to run failed before:`, ...causes(again));
  if (leftAlone.length > 0) {
    const heading = `${plural(leftAlone.length, 'trial')} failed before and will not be retried, because nothing that could change the outcome has changed; run --retry-failed retries:`;
    lines.push('', heading, ...causes(leftAlone));
  }
  const passes = Math.round(preview.forwardPasses).toLocaleString('en-US');
  const time =
    preview.durationMs === null
      ? 'the time is unknown until something has run in this database'
      : `about ${formatDuration(preview.durationMs)}, based on earlier runs in this database`;
  lines.push(
    '',
    toRun.length === 0
      ? 'Nothing is left to run.'
      : `Left to do: about ${passes} forward passes of one sample; ${time}.`,
  );
  return `${lines.join('\n')}\n`;
}

function shardLines({ shard, stages, trials }: SweepPreview): readonly string[] {
  if (shard === null) return [];
  if (trials.length === 0) return [emptyShardText(shard)];
  const { forwardPasses, longest } = shard;
  const shared = stages.filter(({ shards }) => shards > 1).length;
  const twice =
    shared === 0 ? 'no other shard runs its stages' : `${plural(shared, 'stage')} of it other shards run, too`;
  const share = Math.round((100 * forwardPasses) / longest);
  return [`Shard ${shard.index} of ${shard.of} takes ${share} % of the forward passes of the longest shard; ${twice}.`];
}

function failedWords(leftAlone: number): string {
  return leftAlone === 0 ? '' : `, ${leftAlone} failed before and not retried`;
}

function causes(trials: readonly TrialPreview[]): readonly string[] {
  return failuresByCause(trials.flatMap(({ label, failure }) => (failure === null ? [] : [{ label, ...failure }])));
}

function modelLines({ models }: SweepPreview): readonly string[] {
  return models.map((model) => {
    const folded = model.layers.filter((l) => l.batchNorm !== null).length;
    return `Model ${model.path}: opset ${model.opset}, ${model.parameters.toLocaleString('en-US')} parameters, ${plural(model.layers.length, 'layer')} with weights${folded > 0 ? `, ${folded} BatchNormalization folded` : ''}`;
  });
}
