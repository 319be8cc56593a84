import { resolve } from 'node:path';
import { toDataSource } from '../../formats/data-source.js';
import { toTask } from '../../tasks/task-settings.js';
import type { Settings } from './settings.js';
import type { FileSettings } from './settings-schema.js';

type FileData = FileSettings['data'];

function toEvaluation(evaluation: FileData['evaluation'], folder: string): Settings['data']['evaluation'] {
  const { batchSize, samples, stop } = evaluation;
  const settings = { source: toDataSource(evaluation, folder), batchSize, samples };
  // Absent where it is off: keys of trials without it are those of versions that did not know it.
  return stop.confidence === null ? settings : { ...settings, stop: { confidence: stop.confidence } };
}

function toData(data: FileData, folder: string): Settings['data'] {
  const { calibration, evaluation } = data;
  return {
    calibration: {
      source: toDataSource(calibration, folder),
      batchSize: calibration.batchSize,
      batches: calibration.batches,
      sampleSeed: calibration.sampleSeed,
    },
    evaluation: toEvaluation(evaluation, folder),
    preprocess: data.preprocess,
  };
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
