import type { DataFacts, SampleSet } from './data-facts.js';
import type { GridGuess } from './guess-grid.js';
import type { MainInput } from './main-input.js';
import type { ModelFacts } from './model-facts.js';
import type { PreprocessGuess } from './preprocess/preprocess-guess.js';
import { TASK_PATHS, type Plain, type TaskGuess } from './tasks/task-guess.js';
import { comment, flowYaml } from './yaml-text.js';

/** Everything that a file says. */
export interface ExperimentGuess {
  readonly name: string;
  readonly facts: ModelFacts;
  readonly main: MainInput;
  readonly data: DataFacts | null;
  readonly guess: TaskGuess;
  /** Null: fidelity. */
  readonly task: TaskGuess['task'];
  /** Why a task that was guessed is not used: a message of `plan`. */
  readonly refused: string | null;
  readonly preprocess: PreprocessGuess;
  readonly grid: GridGuess;
  readonly warnings: readonly string[];
  /** A path as the file writes it. */
  readonly pathText: (path: string) => string;
}

type Mapping = Readonly<Record<string, Plain>>;

/** Tasks that read one output. */
const ONE_OUTPUT: ReadonlySet<unknown> = new Set([
  'classification',
  'segmentation',
  'sequence',
  'embedding',
  'restoration',
]);

/** A commented experiment file. */
export function writeExperiment(own: ExperimentGuess): string {
  const { name, facts, warnings } = own;
  const lines = [
    ...comment(
      `A first sweep of ${facts.path.split(/[\\/]/).at(-1)!}, written by quantsweep init. Lines marked GUESS are not told`,
    ),
    ...comment('by the model or the data: check them. docs/EXPERIMENTS.md has every setting.'),
    ...warnings.flatMap((warning) => ['#', ...comment(`WARNING: ${warning}`)]),
    '',
    'version: 1',
    `name: ${flowYaml(name)}`,
    'question: Which settings keep the quantized model closest to FP32?',
    '',
    ...modelLines(own),
    '',
    ...dataLines(own),
    '',
    ...taskLines(own),
    '',
    ...layerLines(own),
    ...gridLines(own),
  ];
  return `${lines.join('\n')}\n`;
}

function modelLines({ facts, main, guess, task, pathText }: ExperimentGuess): readonly string[] {
  const outputs = task === null ? null : guess.outputs;
  const names = facts.outputs.map((output) => output.name);
  const isOne = ONE_OUTPUT.has(task?.['kind']);
  return [
    'model:',
    `  path: ${flowYaml(pathText(facts.path))}`,
    ...(main.others.length === 0
      ? []
      : [
          ...comment(`GUESS: of the inputs ${[main.name, ...main.others].join(', ')} this one gets the samples.`, '  '),
          `  input: ${flowYaml(main.name)}`,
        ]),
    ...(outputs === null
      ? []
      : [
          ...comment(`GUESS: of the outputs ${names.join(', ')}.`, '  '),
          isOne ? `  output: ${flowYaml(outputs[0]!)}` : `  outputs: ${flowYaml(outputs)}`,
        ]),
  ];
}

function dataLines({ data, main, preprocess, grid, pathText }: ExperimentGuess): readonly string[] {
  const inputs = Object.fromEntries(main.others.map((input) => [input, { value: 0 }]));
  const further: Mapping = main.others.length === 0 ? {} : { inputs };
  const { batchSize, batches, evaluation } = grid;
  const calibration = (set: Mapping): string => flowYaml({ ...set, batchSize, batches, ...further });
  const evaluated = (set: Mapping, isAll: boolean): string =>
    flowYaml({ ...set, ...(isAll ? {} : { samples: evaluation }), ...further });
  if (data === null) {
    const shape = main.sampleShape;
    const distribution = /int|bool/.test(main.type) ? 'bytes' : 'normal';
    const set = { format: 'synthetic', shape, distribution };
    return [
      'data:',
      ...comment('Random: put your own samples here, { format: imageFolder, path: ... } or another format.', '  '),
      `  calibration: ${calibration({ ...set, seed: 1, count: batchSize * batches })}`,
      `  evaluation: ${evaluated({ ...set, seed: 2, count: evaluation }, true)}`,
    ];
  }
  const own = (set: SampleSet): Mapping => setOf(set, main, preprocess, pathText);
  const isTold = Object.keys(preprocess.settings).length === 0 && Object.keys(preprocess.geometry).length === 0;
  return [
    'data:',
    `  calibration: ${calibration(own(data.calibration))}`,
    `  evaluation: ${evaluated(own(data.evaluation), evaluation >= data.evaluation.count)}`,
    ...comment(`${isTold ? 'No preprocessing' : 'GUESS'}: ${preprocess.because}.`, '  '),
    ...preprocess.alternatives.flatMap((line) => comment(line, '  ')),
    ...(Object.keys(preprocess.settings).length === 0 ? [] : [`  preprocess: ${flowYaml(preprocess.settings)}`]),
  ];
}

function setOf(
  { format, path, fields, paths }: SampleSet,
  main: MainInput,
  { geometry }: PreprocessGuess,
  pathText: (path: string) => string,
): Mapping {
  const written = Object.entries(fields).map(([key, value]) => [key, paths.includes(key) ? pathText(value) : value]);
  const length = main.sampleShape.at(-1)!;
  return {
    ...{ format, path: pathText(path) },
    ...(Object.fromEntries(written) as Mapping),
    ...(format === 'imageFolder' ? geometry : {}),
    ...(format === 'imageFolder' && channelsOf(main) === 1 ? { channels: 1 } : {}),
    ...(format === 'wavFolder' ? { length, channelAxis: main.sampleShape.length > 1 } : {}),
  };
}

function channelsOf({ layout, sampleShape }: MainInput): number | undefined {
  return layout === 'channelsLast' ? sampleShape.at(-1) : sampleShape[0];
}

function taskLines({ guess, task, refused, pathText }: ExperimentGuess): readonly string[] {
  const looks = comment(`GUESS: the model looks like ${guess.looksLike} (${guess.because}).`);
  const missing = guess.missing.flatMap((line) => comment(line));
  if (task === null) {
    return [
      ...looks,
      ...missing,
      ...(refused === null ? [] : comment(`The task that was guessed was not taken: ${refused}`)),
      ...comment("Until then: how far outputs are from FP32's. It needs no truth, and it is no accuracy."),
      'task: fidelity',
    ];
  }
  const written = Object.fromEntries(
    Object.entries(task).map(([key, value]) => [
      key,
      TASK_PATHS.has(key) && typeof value === 'string' ? pathText(value) : value,
    ]),
  );
  return [...looks, ...missing, `task: ${flowYaml(written)}`];
}

function layerLines({ facts }: ExperimentGuess): readonly string[] {
  const supported = facts.layers.filter(({ weightShape }) => weightShape.length > 0);
  const ops = [...new Set(supported.map(({ op }) => op))];
  if (!ops.includes('Conv')) return [`layers: ${flowYaml({ ops })}`, ''];
  if (ops.length === 1) return [];
  return [
    ...comment(`Conv layers are quantized. The model has ${ops.filter((op) => op !== 'Conv').join(', ')}, too:`),
    `# layers: ${flowYaml({ ops })}`,
    '',
  ];
}

function gridLines({ grid }: ExperimentGuess): readonly string[] {
  const { lossSamples, gateSamples, trials, seconds } = grid;
  const cost = seconds === null ? 'its time is not known' : timeText(seconds);
  return [
    `loss: ${flowYaml({ samples: lossSamples })}`,
    `gate: ${flowYaml({ samples: gateSamples })}`,
    'baselines: [fp32, unsmoothed]',
    ...comment(`About ${trials} trials: ${cost} by one timed run on this machine. quantsweep plan says more.`),
    'grid:',
    ...grid.grid.flatMap((block) =>
      Object.entries(block).map(([path, value], place) => `${place === 0 ? '  -' : '   '} ${path}: ${flowYaml(value)}`),
    ),
    ...comment(
      'Where accuracy is lost, the next questions are which layers lose it, and how few must stay float:',
      '  ',
    ),
    '  # - smoothing.alpha: 0.5',
    '  #   layers.sensitivity: [only, allBut]',
    '  # - smoothing.alpha: 0.5',
    '  #   layers.keepFloat: auto',
  ];
}

function timeText(seconds: number): string {
  if (seconds < 60) return 'less than a minute';
  const minutes = Math.round(seconds / 60);
  return `about ${minutes} minute${minutes === 1 ? '' : 's'}`;
}
