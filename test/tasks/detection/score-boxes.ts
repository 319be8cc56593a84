import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskSchema } from '../../../src/experiment/sections/task-schema.js';
import type { AccuracyRecord, EvaluationRecord } from '../../../src/records/evaluation-record.js';
import type { MetricContext, OutputTensor, SampleBatch } from '../../../src/tasks/metric.js';
import { mergeMetricStates, openTaskMetric } from '../../../src/tasks/task-metric.js';
import { finishTask } from '../../../src/tasks/task-metric.js';
import { toTask, type TaskSettings } from '../../../src/tasks/task-settings.js';
import type { LiteralInput } from './literal-coco.js';

/** Runs with a folder that is gone afterwards. */
export async function inFolder<T>(run: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'detection-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A detection task as an experiment file has it. */
export function detectionTask(folder: string, settings: object): TaskSettings & { readonly kind: 'detection' } {
  const task = toTask(taskSchema.parse({ kind: 'detection', truth: 'truth.json', ...settings }), folder);
  if (task.kind !== 'detection') throw new Error('Not a detection task.');
  return task;
}

/** A COCO file of the objects of scenes. */
export function writeCoco(folder: string, { images, categories, objects }: LiteralInput): void {
  const document = {
    images: images.map((id) => ({ id, width: 640, height: 480, file_name: `${id}.jpg` })),
    // Out of order, as ids may be.
    categories: [...categories].reverse().map((id) => ({ id, name: `c${id}` })),
    annotations: objects.map(({ image, category, ...rest }, id) => ({
      id,
      image_id: image,
      category_id: category,
      ...rest,
    })),
  };
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(document));
}

/** Detections of scenes as `[pictures, rows, 6]`: x, y, w, h, score, class; missing rows are 0. */
export function rowsOf({ images, categories, detections }: LiteralInput): OutputTensor {
  const sorted = [...categories].sort((a, b) => a - b);
  const each = images.map((image) => detections.filter((detection) => detection.image === image));
  const rows = Math.max(1, ...each.map(({ length }) => length));
  const data = new Float32Array(images.length * rows * 6);
  for (const [picture, own] of each.entries()) {
    for (const [row, { bbox, score, category }] of own.entries()) {
      data.set([...bbox, score, sorted.indexOf(category)], (picture * rows + row) * 6);
    }
  }
  return { name: 'output', data, dims: [images.length, rows, 6] };
}

/** A batch of samples of an output. */
export function batchOf(outputs: readonly OutputTensor[], first: number, count: number): SampleBatch {
  const cut = outputs.map(({ name, data, dims }) => {
    const size = data.length / dims[0]!;
    return { name, data: data.slice(first * size, (first + count) * size), dims: [count, ...dims.slice(1)] };
  });
  return { first, count, outputs: cut, reference: null, origins: null };
}

export function contextOf(sampleCount: number, rest: Partial<MetricContext> = {}): MetricContext {
  return { labels: null, groundTruth: null, referenceArgmax: null, sampleCount, ...rest };
}

/** Scores outputs in one process. */
export async function score(
  task: TaskSettings,
  outputs: readonly OutputTensor[],
  context: MetricContext = contextOf(outputs[0]!.dims[0]!),
): Promise<EvaluationRecord> {
  const metric = await openTaskMetric(task, context);
  await metric.add(batchOf(outputs, 0, context.sampleCount));
  return (await metric.finish()).evaluation;
}

/** Scores outputs by several children, each with the samples from one place to the next. */
export async function scoreInParts(
  task: TaskSettings,
  outputs: readonly OutputTensor[],
  places: readonly number[],
): Promise<EvaluationRecord> {
  const context = contextOf(outputs[0]!.dims[0]!);
  const states = [];
  for (const [index, first] of places.entries()) {
    const metric = await openTaskMetric(task, context);
    const end = places[index + 1] ?? context.sampleCount;
    // Two batches each, the later first.
    const middle = Math.floor((first + end) / 2);
    await metric.add(batchOf(outputs, middle, end - middle));
    await metric.add(batchOf(outputs, first, middle - first));
    states.unshift(metric.state());
  }
  return (await finishTask(task, context, mergeMetricStates(states), new AbortController().signal)).evaluation;
}

/** Values without a slice, by metric. */
export function valuesOf(accuracies: readonly AccuracyRecord[]): Readonly<Record<string, number>> {
  return Object.fromEntries(accuracies.filter(({ slice }) => slice === '').map(({ metric, value }) => [metric, value]));
}
