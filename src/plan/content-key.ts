import { createHash } from 'node:crypto';
import type { TrialSettings } from '../experiment/sections/canonical-settings.js';
import { memoizeByIdentity } from '../memo/memoize-by-identity.js';
import type { CalibrationSettings, EvaluationSettings, ModelSettings } from '../experiment/sections/settings.js';
import { formatOf, type DataSource } from '../formats/data-source.js';
import { readsFiles } from '../tasks/task-files.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import type {
  ContentKey,
  MomentsData,
  MomentsStage,
  ObserveStage,
  PlanContext,
  QuantizedStage,
  RankStage,
  ReferenceStage,
  SearchStage,
} from './plan.js';

/*
 * What a key is made of, and what not.
 *
 * In every key: what the key is of (trial, observe, moments, reference, search), the version of the
 * numerics and of onnxruntime, the provider, the graph optimization level, the sha256 of the model
 * with the names of its input and output, the preprocessing, and the sha256 of the data with what
 * else selects samples from it (format, array names, seed), the sha256 of code of the user's own.
 *
 * In the key of a candidate that may be stopped early: when. Its accuracy does not depend on it,
 * whether it has one does.
 *
 * In no key: paths, `evaluation.batchSize` (it does not change results on CPU), the labels, axes
 * and position of a trial, the name of the sweep, threads, slots and everything else of `run`.
 *
 * Renaming a file, moving a folder or adding a block to a grid therefore leaves finished trials
 * finished.
 */

/**
 * JSON with sorted keys and no spaces: equal values have equal texts. Numbers print as the shortest
 * that reads back.
 */
export function canonicalJson(value: unknown): string {
  // A loop, and no entry as an object: a plan of thousands of trials spends most of its time here.
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const inner of value) text += `${text === '' ? '' : ','}${canonicalJson(inner)}`;
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort()) {
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson((value as Record<string, unknown>)[key])}`;
  }
  return `{${text}}`;
}

/**
 * sha256 in hex of the canonical JSON of an object. Thousands of trials share most of their
 * sections, which are objects that never change: the text of each is made once.
 */
export function contentKey(content: object): ContentKey {
  let text = '';
  for (const key of Object.keys(content).sort()) {
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${sectionText((content as Record<string, unknown>)[key])}`;
  }
  return createHash('sha256').update(`{${text}}`).digest('hex');
}

const canonicalOnce = memoizeByIdentity<object, undefined, string>(canonicalJson);

function sectionText(section: unknown): string {
  return typeof section === 'object' && section !== null ? canonicalOnce(section) : canonicalJson(section);
}

const environmentContent = memoizeByIdentity<PlanContext, undefined, object>(
  ({ numericsVersion, onnxruntimeVersion, provider, optimizationLevel }) => ({
    numericsVersion,
    onnxruntimeVersion,
    provider,
    optimizationLevel,
  }),
);

/** A setting that is added later counts: only what is named here is left out. */
function modelContent({ path, ...rest }: ModelSettings, context: PlanContext): object {
  return { ...rest, sha256: context.modelSha256(path) };
}

function sourceContent(source: DataSource, context: PlanContext): object {
  return { format: source.format, sha256: context.dataSha256(source), ...formatOf(source).keyed?.(source) };
}

/**
 * Code of the user's own counts by its bytes, not by where it lies; how long it may take changes no
 * result.
 */
function taskContent(task: TaskSettings, context: PlanContext): object {
  const definition = taskOf(task.kind);
  const sha256 = readsFiles(task) ? context.taskSha256(task) : null;
  if (definition.keyed !== undefined) return { kind: task.kind, ...definition.keyed(task, sha256) };
  if (sha256 === null) return task;
  const files = new Set((definition.files ?? []).map(({ field }) => field));
  return { ...Object.fromEntries(Object.entries(task).filter(([field]) => !files.has(field))), sha256 };
}

function comparedContent(task: TaskSettings): string | object {
  const compared = taskOf(task.kind).compared?.(task);
  return compared === undefined ? task.kind : { kind: task.kind, ...compared };
}

function evaluationContent(evaluation: EvaluationSettings, context: PlanContext): object {
  const { batchSize, ...rest } = evaluation;
  return { ...rest, source: sourceContent(evaluation.source, context) };
}

function calibrationContent(calibration: CalibrationSettings, context: PlanContext): object {
  return { ...calibration, source: sourceContent(calibration.source, context) };
}

function momentsContent(calibration: MomentsData, context: PlanContext): object {
  return { ...calibration, source: sourceContent(calibration.source, context) };
}

/**
 * Key of a trial: the above, its role, and every setting that {@link TrialSettings} keeps for it.
 */
export function trialKey(trial: TrialSettings, context: PlanContext): ContentKey {
  const { model, evaluation, calibration, task, ...rest } = trial;
  return contentKey({
    ...rest,
    of: 'trial',
    environment: environmentContent(context),
    model: modelContent(model, context),
    evaluation: evaluationContent(evaluation, context),
    task: taskContent(task, context),
    calibration: calibration && calibrationContent(calibration, context),
  });
}

/**
 * Hash of the source of a trial's calibration samples: its bytes and what selects samples from it.
 * Null without.
 */
export function calibrationDataKey({ calibration }: TrialSettings, context: PlanContext): ContentKey | null {
  if (calibration === null) return null;
  return contentKey({ of: 'calibrationData', source: sourceContent(calibration.source, context) });
}

/** Key of the FP32 pass: evaluation data, preprocessing and task. */
export function referenceKey(stage: Omit<ReferenceStage, 'kind' | 'key'>, context: PlanContext): ContentKey {
  return contentKey({
    of: 'reference',
    environment: environmentContent(context),
    model: modelContent(stage.model, context),
    preprocess: stage.preprocess,
    evaluation: evaluationContent(stage.evaluation, context),
    task: taskContent(stage.task, context),
  });
}

/**
 * Key of a calibration pass: besides the data its whole length, the prefix sizes that it keeps and
 * its statistics. A pass that is shorter, or that did not keep a size that is needed now, is thus
 * never taken for this one. The standard sizes (1, 2, 5, 10, ...) are always kept, so asking for
 * one of them more or less does not change the key, unless histograms are gathered: these are kept
 * at the required sizes only.
 */
export function observeKey(stage: Omit<ObserveStage, 'kind' | 'key'>, context: PlanContext): ContentKey {
  return contentKey({
    of: 'observe',
    environment: environmentContent(context),
    model: modelContent(stage.model, context),
    preprocess: stage.preprocess,
    calibration: calibrationContent(stage.calibration, context),
    snapshots: stage.snapshots,
    methods: stage.methods,
    ...(stage.histograms ? { histograms: stage.required } : {}),
    ...(stage.targets === undefined ? {} : { targets: stage.targets }),
  });
}

/**
 * What calibration passes have in common that can be one pass: everything but length, kept sizes
 * and statistics.
 */
export function observeGroup(
  { model, preprocess, calibration }: Pick<ObserveStage, 'model' | 'preprocess' | 'calibration'>,
  context: PlanContext,
): string {
  const { batches, ...rest } = calibration;
  const source = sourceContent(calibration.source, context);
  return canonicalJson({ ...rest, model: modelContent(model, context), preprocess, source });
}

/**
 * Key of a pass for second moments: the data with their order, the operators of its layers, and the
 * prefix sizes that it keeps. How its samples are run is of no matter.
 */
export function momentsKey(stage: Omit<MomentsStage, 'kind' | 'key'>, context: PlanContext): ContentKey {
  return contentKey({
    of: 'moments',
    environment: environmentContent(context),
    model: modelContent(stage.model, context),
    preprocess: stage.preprocess,
    calibration: momentsContent(stage.calibration, context),
    ops: stage.ops,
    samples: stage.samples,
  });
}

/**
 * What passes for second moments have in common that can be one pass: all but operators and sizes.
 */
export function momentsGroup(
  { model, preprocess, calibration }: Pick<MomentsStage, 'model' | 'preprocess' | 'calibration'>,
  context: PlanContext,
): string {
  const data = momentsContent(calibration, context);
  return canonicalJson({ model: modelContent(model, context), preprocess, calibration: data });
}

/**
 * Key of a search: the calibration data up to its own number of batches, the quantizers, layers,
 * statistic and search settings. Not the observe stage's key: a longer calibration pass gives the
 * same prefix, so the search stays done.
 */
export function searchKey(stage: StageContent<SearchStage>, context: PlanContext): ContentKey {
  return contentKey({ of: 'search', ...quantizedContent(stage, context), search: stage.search });
}

/**
 * Key of a ranking of layers: as of a search, with the smoothing that the layers are ranked under.
 */
export function rankKey(stage: StageContent<RankStage>, context: PlanContext): ContentKey {
  return contentKey({
    of: 'rank',
    ...quantizedContent(stage, context),
    samples: stage.samples,
    ...(stage.errorBits === undefined ? {} : { errorBits: stage.errorBits }),
  });
}

/**
 * Key of the choice of layers that stay in float: as of the trial, whose evaluations it is made by.
 */
export function keepKey(settings: TrialSettings, context: PlanContext): ContentKey {
  return contentKey({ of: 'keep', trial: trialKey(settings, context) });
}

type StageContent<Stage> = Omit<Stage, 'kind' | 'key' | 'observeKey' | 'momentsKey'>;

function quantizedContent(stage: StageContent<QuantizedStage>, context: PlanContext): object {
  return {
    environment: environmentContent(context),
    model: modelContent(stage.model, context),
    preprocess: stage.preprocess,
    calibration: calibrationContent(stage.calibration, context),
    layers: stage.layers,
    quantization: stage.quantization,
    smoothing: stage.smoothing,
    // How outputs are compared follows from the kind alone, unless the task says more.
    task: comparedContent(stage.task),
  };
}
