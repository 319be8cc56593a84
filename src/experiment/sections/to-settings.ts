import { resolve } from 'node:path';
import type { DataSource, SampleSource } from '../../formats/data-source.js';
import type { JsonObject } from '../../formats/json-value.js';
import type { Settings } from './settings.js';
import type { FileSettings } from './settings-schema.js';

type FileData = FileSettings['data'];

function toSource(data: FileData['calibration'] | FileData['evaluation'], folder: string): DataSource {
  const samples = toSamples(data, folder);
  const inputs = Object.entries(data.inputs);
  if (inputs.length === 0) return samples;
  const located = inputs.map(([name, input]) => {
    return [name, { ...input, path: input.path === null ? null : resolve(folder, input.path) }] as const;
  });
  return { ...samples, inputs: Object.fromEntries(located) };
}

function toSamples(data: FileData['calibration'] | FileData['evaluation'], folder: string): SampleSource {
  const locate = (path: string | null): string | null => (path === null ? null : resolve(folder, path));
  switch (data.format) {
    case 'cifar10':
      return { format: data.format, path: resolve(folder, data.path) };
    case 'npy':
      return {
        format: data.format,
        path: resolve(folder, data.path),
        labels: locate(data.labels),
        groundTruth: locate(data.groundTruth),
      };
    case 'npz':
      return {
        format: data.format,
        path: resolve(folder, data.path),
        array: data.array,
        labelsArray: data.labelsArray,
        groundTruth: locate(data.groundTruth),
      };
    case 'idx':
      return { format: data.format, path: resolve(folder, data.path), labels: locate(data.labels) };
    case 'npyFolder':
      return {
        format: data.format,
        path: resolve(folder, data.path),
        labels: locate(data.labels),
        groundTruth: locate(data.groundTruth),
      };
    case 'imageFolder': {
      const { format, path, labels, classes, resize, crop, kernel, channels } = data;
      const located = typeof classes === 'string' ? resolve(folder, classes) : classes;
      return {
        ...{ format, path: resolve(folder, path), labels: locate(labels), resize, crop, kernel, channels },
        ...(located === null ? {} : { classes: located }),
      };
    }
    case 'synthetic': {
      const { format, shape, distribution, channelScales, seed, count } = data;
      return { format, shape, distribution, channelScales, seed, count };
    }
    case 'module':
      return { format: data.format, path: resolve(folder, data.path), options: data.options as JsonObject };
    case 'bevScenes':
      return { format: data.format, seed: data.seed, scenes: data.scenes };
  }
}

function toEvaluation(evaluation: FileData['evaluation'], folder: string): Settings['data']['evaluation'] {
  const { batchSize, samples, stop } = evaluation;
  const settings = { source: toSource(evaluation, folder), batchSize, samples };
  // Absent where it is off: keys of trials without it are those of versions that did not know it.
  return stop.confidence === null ? settings : { ...settings, stop: { confidence: stop.confidence } };
}

function toData(data: FileData, folder: string): Settings['data'] {
  const { calibration, evaluation } = data;
  return {
    calibration: {
      source: toSource(calibration, folder),
      batchSize: calibration.batchSize,
      batches: calibration.batches,
      sampleSeed: calibration.sampleSeed,
    },
    evaluation: toEvaluation(evaluation, folder),
    preprocess: data.preprocess,
  };
}

function toTask(task: FileSettings['task'], folder: string): Settings['task'] {
  switch (task.kind) {
    case 'classification':
    case 'centerDetection':
    case 'fidelity':
      return task;
    case 'module':
      return { ...task, path: resolve(folder, task.path), options: task.options as JsonObject };
    case 'command':
      return { ...task, folder };
  }
}

/**
 * A function from settings in the shape of the file to {@link Settings}: sources get a level of their own, paths become
 * absolute (relative ones against `folder`). Sections that are one object in the input are one object in the output.
 */
export function createSettingsConverter(folder: string): (settings: FileSettings) => Settings {
  const knownData = new Map<FileData, Settings['data']>();
  const knownTasks = new Map<FileSettings['task'], Settings['task']>();
  const knownModels = new Map<FileSettings['model'], Settings['model']>();
  return (settings) => {
    const data = knownData.get(settings.data) ?? toData(settings.data, folder);
    knownData.set(settings.data, data);
    const model = knownModels.get(settings.model) ?? { ...settings.model, path: resolve(folder, settings.model.path) };
    knownModels.set(settings.model, model);
    const task = knownTasks.get(settings.task) ?? toTask(settings.task, folder);
    knownTasks.set(settings.task, task);
    return { ...settings, model, data, task };
  };
}
