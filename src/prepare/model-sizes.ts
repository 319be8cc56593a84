import { basename } from 'node:path';
import { readModelFile } from '../engine/session/model-file.js';
import { InputError } from '../errors/input-error.js';
import type { ExpandedTrial, Experiment, ModelSettings, Settings } from '../experiment/sections/settings.js';
import { formatOf, type DataSource } from '../formats/data-source.js';
import { inputChannelAxes } from '../onnx/layers/input-channel-axes.js';
import { resolveModelIo } from '../onnx/model-io.js';
import { printableName } from '../text/printable.js';

type Data = Settings['data'];

/** The input that samples are fed to. */
interface ModelInput {
  readonly name: string;
  /** Batch axis first; null where a length is free, and null where the model does not say. */
  readonly shape: readonly (number | null)[] | null;
  /** The axes that the model takes for channels; empty where it does not tell. */
  readonly channelAxes: readonly number[];
}

/**
 * The experiment with every size of data that says `model` as the height and width of the model's
 * input, so that keys are those of the numbers. Trials on several models so get data of several
 * sizes. The same object where no size does; only then is no model read.
 *
 * @throws InputError where the model leaves its height or width free, or takes channels on another
 *   axis than it is fed; ModelError
 */
export function withModelSizes(experiment: Experiment): Experiment {
  const { sources } = experiment;
  const inputs = new Map<string, ModelInput>();
  /** What sections were before: where they were written is known by their objects. */
  const before = new Map<object, object>();
  // Sections that trials share stay shared: a plan of thousands of trials goes by their objects.
  const known = new Map<Data, Map<string, Data>>();

  function dataOf({ settings: { model, data }, axes }: ExpandedTrial): Data {
    const ofData = known.get(data) ?? new Map<string, Data>();
    known.set(data, ofData);
    const id = JSON.stringify(model);
    const done = ofData.get(id);
    if (done !== undefined) return done;
    const sized = { ...data };
    for (const role of ['calibration', 'evaluation'] as const) {
      const source = sizedSource(data[role].source, (setting) => {
        const input = inputs.get(id) ?? inputOf(model);
        inputs.set(id, input);
        const place = sources?.prefix(data, [role, ...setting.split('.')], axes) ?? '';
        return extentOf(input, data.preprocess, basename(model.path), { place, setting: `data.${role}.${setting}` });
      });
      if (source !== data[role].source) Object.assign(sized, { [role]: { ...data[role], source } });
    }
    const isSame = sized.calibration === data.calibration && sized.evaluation === data.evaluation;
    const result = isSame ? data : sized;
    ofData.set(id, result);
    if (!isSame) before.set(result, data);
    return result;
  }

  const trials = experiment.trials.map((trial) => {
    const data = dataOf(trial);
    return data === trial.settings.data ? trial : { ...trial, settings: { ...trial.settings, data } };
  });
  if (before.size === 0) return experiment;
  return {
    ...experiment,
    trials,
    ...(sources === undefined
      ? {}
      : {
          sources: {
            prefix: (section, path, axes) => sources.prefix(before.get(section) ?? section, path, axes),
          },
        }),
  };
}

function sizedSource(source: DataSource, extentOfModel: (setting: string) => readonly [number, number]): DataSource {
  return (formatOf(source).sized?.(source, extentOfModel) as DataSource | undefined) ?? source;
}

function inputOf(settings: ModelSettings): ModelInput {
  const { model } = readModelFile(settings.path);
  const { input: name, inputShape: shape } = resolveModelIo(model, settings);
  return { name, shape, channelAxes: shape === null ? [] : inputChannelAxes(model, name, shape.length) };
}

/** @param asked where the size is written, for messages, and its setting */
function extentOf(
  { name, shape, channelAxes }: ModelInput,
  { feed }: Data['preprocess'],
  file: string,
  { place, setting }: { readonly place: string; readonly setting: string },
): readonly [number, number] {
  const what = `input "${printableName(name, 100)}" of ${file}`;
  const isLast = feed === 'channelsLast';
  if (shape?.length === 4 && channelAxes.includes(isLast ? 1 : 3)) {
    const [taken, advice] = isLast
      ? ['first', 'Leave data.preprocess.feed out.']
      : ['last', 'Set data.preprocess.feed to channelsLast.'];
    throw new InputError(
      `${place}Expected ${what}, whose size ${setting} asks for, to take channels ${isLast ? 'last' : 'first'}, got one that takes them ${taken}. ${advice}`,
    );
  }
  const [height, width] = (isLast ? shape?.slice(1) : shape?.slice(2)) ?? [];
  if (shape?.length === 4 && typeof height === 'number' && typeof width === 'number') return [height, width];
  const got = shape === null ? 'no shape' : `[${shape.map((length) => length ?? 'free').join(', ')}]`;
  throw new InputError(
    `${place}Expected ${what} to have four axes, height and width fixed, because ${setting} is \`model\`, got ${got}. Write the size as [height, width].`,
  );
}
