import type { MetricContext, MetricResult, TaskMetric } from '../metric.js';
import { replicatedRecord } from '../replicates.js';
import type { PredictionState } from './prediction-state.js';
import { PredictionFiles, type WrittenPredictions } from './prediction-files.js';
import { requireFullCoverage } from '../sample-coverage.js';
import type { CommandTask } from './command-settings.js';
import { CustomCodeError } from '../custom-error.js';
import { furtherRecords, primaryName, primaryValue, readScore } from '../custom-score.js';
import { filledWord } from './placeholders.js';
import { runCommand } from './run-command.js';

/**
 * Returns the metric that an external command computes from the outputs of all samples. They are
 * written to a temporary folder as they come; `finish` runs the command where the experiment lies,
 * reads the score from the JSON that it prints, and removes the folder.
 *
 * `add` throws MetricError where shapes change, or a sample comes twice, and SurroundingsError
 * where the disk has no room; `finish` MetricError when a sample is missing, and CustomCodeError
 * with the end of the command's stderr when it fails, takes too long or prints no score.
 */
export function createCommandMetric(task: CommandTask, { sampleCount }: MetricContext): TaskMetric<PredictionState> {
  const files = new PredictionFiles(sampleCount);
  let result: MetricResult | null = null;
  return {
    needsReference: false,
    add: (batch) => {
      files.add(batch);
    },
    state: () => ({ kind: 'command', coverage: files.coverage, result }),
    finish: async () => {
      try {
        requireFullCoverage(files.coverage, sampleCount);
        result = await scoreOf(task, files.finish(), sampleCount);
        return result;
      } finally {
        files.remove();
      }
    },
    close: () => {
      files.remove();
    },
  };
}

async function scoreOf(task: CommandTask, predictions: WrittenPredictions, samples: number): Promise<MetricResult> {
  const { stdout, stderr } = await runCommand(
    task.command.map((word) => filledWord(word, predictions)),
    `The command ${task.command.join(' ')}`,
    task.folder,
    task.timeoutSeconds * 1000,
  );
  const where = `the command ${task.command.join(' ')}`;
  const score = readScore(parseScore(stdout, stderr, where), where);
  const primary = primaryName(task);
  const own = replicatedRecord(primary, '', primaryValue(score.value, task), new Float64Array(0));
  const accuracies = [own, ...furtherRecords(score, task)];
  return { evaluation: { primaryMetric: primary, samples, accuracies, outcomes: [] }, argmax: null };
}

function parseScore(stdout: string, stderr: string, where: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch (cause) {
    const got = stdout.trim() === '' ? 'nothing' : JSON.stringify(stdout.trim().slice(0, 200));
    const words = stderr.trim() === '' ? '' : ` Its last words on stderr: ${stderr.trim()}`;
    throw new CustomCodeError(`Expected one JSON document on the standard output of ${where}, got ${got}.${words}`, {
      cause,
    });
  }
}
