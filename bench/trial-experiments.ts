import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An experiment whose trials are measured. */
export interface TrialExperiment {
  readonly name: string;
  /** Samples of the evaluation, and of its losses. */
  readonly samples: number;
  readonly lossSamples: number;
  /** Text of its file, but for the database. */
  readonly yaml: string;
}

/** Samples that losses and gate take by default, of a whole evaluation. */
const LOSS_SAMPLES = 512;
const GATE_SAMPLES = 64;
const IMAGES = 10_000;
const SCENES = 256;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const shared = (relative: string): string => path(`../../shared/${relative}`);

/** Model, data and task of an experiment; the rest is the same for all. */
interface Subject {
  readonly name: string;
  readonly samples: number;
  /** Samples of a whole evaluation. */
  readonly whole: number;
  readonly files: readonly string[];
  readonly sections: string;
}

function cifar10(name: string, share: number): Subject {
  const samples = Math.round(IMAGES * share);
  const [model, calibration, evaluation] = [
    shared(`models/${name}.onnx`),
    shared('data/cifar10/data_batch_1.bin'),
    shared('data/cifar10/test_batch.bin'),
  ];
  return {
    name,
    samples,
    whole: IMAGES,
    files: [model, calibration, evaluation],
    sections: `model: { path: ${model} }
data:
  calibration: { format: cifar10, path: ${calibration}, batchSize: 4, batches: 200 }
  evaluation: { format: cifar10, path: ${evaluation}, samples: ${samples} }
  preprocess: { divideBy: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
task: classification`,
  };
}

function detector(share: number): Subject {
  const samples = Math.round(SCENES * share);
  const [model, folder] = [shared('models/bev-centerpoint-small.onnx'), shared('data/bev')];
  return {
    name: 'bev-centerpoint-small',
    samples,
    whole: SCENES,
    files: [model, `${folder}/calib.npy`, `${folder}/eval.npy`],
    sections: `model: { path: ${model} }
data:
  calibration: { format: npy, path: ${folder}/calib.npy, batchSize: 4, batches: 50 }
  evaluation: { format: npy, path: ${folder}/eval.npy, groundTruth: ${folder}/eval_gt.json, samples: ${samples} }
task: centerDetection`,
  };
}

/**
 * The same over ten times as many scenes, each of them ten times: the costs of an evaluation of
 * 10,000 with losses on 512, at their shares of it.
 *
 * @param folder where its data are written
 */
function longDetector(share: number, folder: string): Subject {
  const { files, sections, name } = detector(1);
  const times = Math.max(1, Math.round(10 * share));
  const samples = SCENES * times;
  const [, , evaluation] = files as readonly [string, string, string];
  const long = join(folder, 'eval.npy');
  writeFileSync(long, repeatedNpy(readFileSync(evaluation), SCENES, times));
  const truth = evaluation.replace('.npy', '_gt.json');
  const { scenes, ...rest } = JSON.parse(readFileSync(truth, 'utf8')) as { readonly scenes: readonly object[] };
  const repeated = Array.from({ length: samples }, (_, id) => ({ ...scenes[id % SCENES], id }));
  writeFileSync(join(folder, 'eval_gt.json'), JSON.stringify({ ...rest, scenes: repeated }));
  return {
    name: `${name} x${times}`,
    samples,
    whole: IMAGES,
    files,
    sections: sections
      .replace(evaluation, long)
      .replace(truth, join(folder, 'eval_gt.json'))
      .replace(`samples: ${SCENES}`, `samples: ${samples}`),
  };
}

/** An `.npy` file of version 1 with its rows several times. */
function repeatedNpy(file: Buffer, rows: number, times: number): Buffer {
  const start = 10 + file.readUInt16LE(8);
  const header = file
    .toString('latin1', 10, start)
    .trimEnd()
    .replace(`(${rows},`, `(${rows * times},`);
  const head = Buffer.concat([file.subarray(0, 10), Buffer.from(`${header.padEnd(start - 11)}\n`, 'latin1')]);
  return Buffer.concat([head, ...new Array<Buffer>(times).fill(file.subarray(start))]);
}

/** The detector that comes with the program, whose scenes are generated as they are read. */
function demoDetector(share: number): Subject {
  const samples = Math.round(SCENES * share);
  return {
    name: 'bev-demo',
    samples,
    whole: SCENES,
    files: [],
    sections: `model: { path: ${path('../experiments/demo/bev-demo.onnx')} }
data:
  calibration: { format: module, path: ${path('../experiments/demo/scenes/dataset.mjs')}, options: { seed: 2, scenes: 200 }, batchSize: 4, batches: 50 }
  evaluation: { format: module, path: ${path('../experiments/demo/scenes/dataset.mjs')}, options: { seed: 3, scenes: ${samples} } }
task: centerDetection`,
  };
}

/** Whether all files of a subject are there; says what is missing. */
function isHere({ name, files }: Subject): boolean {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) console.log(`Skipped ${name}: ${missing.join(', ')} is not here.`);
  return missing.length === 0;
}

/**
 * W8A8 experiments on two classifiers and a detector of `../shared`; the demo's detector where the
 * other is not there. Losses and gate take the default samples, fewer where the evaluation is
 * smaller: their share of a trial stays the same.
 *
 * @param alphas of their trials
 * @param images of the 10,000 of the classifiers' evaluation, as a share
 * @param scenes of the 256 of the detector's, as a share
 * @param folder for data that are made for the purpose
 */
export function trialExperiments(
  alphas: readonly number[],
  images: number,
  scenes: number,
  folder: string,
): TrialExperiment[] {
  const classifiers = ['cifar10-resnet20', 'cifar10-mobilenetv2-skewed'].map((name) => cifar10(name, images));
  const ofShared = detector(scenes);
  const detectors = isHere(ofShared) ? [ofShared, longDetector(scenes, folder)] : [demoDetector(scenes)];
  const subjects = [...classifiers.filter(isHere), ...detectors];
  return subjects.map(({ name, samples, whole, sections }) => {
    const scaled = (most: number): number => Math.max(1, Math.round((Math.min(most, whole) * samples) / whole));
    const lossSamples = scaled(LOSS_SAMPLES);
    const yaml = `version: 1
name: ${name}
${sections}
loss: { samples: ${lossSamples} }
gate: { samples: ${scaled(GATE_SAMPLES)} }
baselines: [fp32]
grid:
  - smoothing.alpha: ${JSON.stringify(alphas)}
`;
    return { name, samples, lossSamples, yaml };
  });
}
