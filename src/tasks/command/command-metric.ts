import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricContext, MetricResult, TaskMetric } from '../metric.js';
import { replicatedRecord } from '../replicates.js';
import { gatherPredictions, type PredictionState } from './prediction-state.js';
import { requireFullCoverage } from '../sample-coverage.js';
import type { CommandTask } from './command-settings.js';
import { CustomCodeError } from '../custom-error.js';
import { furtherRecords, primaryName, primaryValue, readScore } from '../custom-score.js';
import { runCommand } from './run-command.js';
import { removeTemporary, temporaryFolder } from '../../formats/io/scratch-folder.js';

const PLACEHOLDER = '{predictions}';

/** Returns the metric that an external command computes from the outputs of all samples. */
export function createCommandMetric(task: CommandTask, context: MetricContext): TaskMetric<PredictionState> {
  const { add, state } = gatherPredictions(context);
  return {
    needsReference: false,
    add,
    state,
    finish: () => finishCommandMetric(task, context, state(), null),
  };
}

/**
 * Writes the outputs as `predictions.npy`, float32 `[N, ...]`, into a temporary folder, runs the
 * command there where the experiment lies, and reads the score from the JSON that it prints.
 *
 * @param signal ends the command when aborted; null: nothing does but its time limit
 * @throws MetricError when a sample is missing; CustomCodeError with the end of the command's
 *   stderr when it fails, takes too long or prints no score
 */
export async function finishCommandMetric(
  task: CommandTask,
  context: MetricContext,
  state: PredictionState,
  signal: AbortSignal | null,
): Promise<MetricResult> {
  const { sampleCount } = context;
  requireFullCoverage(state.coverage, sampleCount);
  const folder = temporaryFolder('predictions');
  try {
    const path = join(folder, 'predictions.npy');
    writePredictions(path, sampleCount, state);
    const words = task.command.map((word) => word.replaceAll(PLACEHOLDER, path));
    const { stdout, stderr } = await runCommand(
      words,
      `The command ${task.command.join(' ')}`,
      task.folder,
      task.timeoutSeconds * 1000,
      signal,
    );
    const where = `the command ${task.command.join(' ')}`;
    const score = readScore(parseScore(stdout, stderr, where), where);
    const primary = primaryName(task);
    const own = replicatedRecord(primary, '', primaryValue(score.value, task), new Float64Array(0));
    const accuracies = [own, ...furtherRecords(score, task)];
    return { evaluation: { primaryMetric: primary, samples: sampleCount, accuracies, outcomes: [] }, argmax: null };
  } finally {
    removeTemporary(folder);
  }
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

/**
 * NumPy's format, version 1.0, float32 in C order, little endian as every machine that this runs
 * on.
 */
function writePredictions(path: string, sampleCount: number, { outputShape, chunks }: PredictionState): void {
  const shape = [sampleCount, ...outputShape!];
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The data starts at a multiple of 64, as NumPy pads it; the header ends with a line feed.
  const length = 64 * Math.ceil((10 + dict.length + 1) / 64) - 10;
  const start = Buffer.alloc(10 + length, ' ');
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(length, 8);
  start.write(dict, 10, 'latin1');
  start.write('\n', 10 + length - 1, 'latin1');
  const sampleBytes = 4 * outputShape!.reduce((product, size) => product * size, 1);
  const file = openSync(path, 'w');
  try {
    writeAll(file, start, 0);
    for (const { first, data } of chunks) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      writeAll(file, bytes, start.length + first * sampleBytes);
    }
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
