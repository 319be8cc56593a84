import { statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { InputError } from '../../errors/input-error.js';
import type { DataFacts, SampleSet } from '../../guess/data-facts.js';
import { filesBelow, foldersOf, sampleSetOf } from './sample-set.js';
import { truthFiles } from './truth-files.js';

const CALIBRATION = /^(calib\w*|train\w*)$/i;
const EVALUATION = /^(eval\w*|val\w*|test\w*)$/i;
/** The same in names of files. */
const CALIBRATION_FILE = /(^|[-_.])(calib\w*|train\w*|data_batch)/i;
const EVALUATION_FILE = /(^|[-_.])(eval\w*|val\w*|test\w*)/i;

/**
 * Finds samples for calibration and for evaluation in a file or folder, and truth near them.
 *
 * @param labels file or folder with the truth; null: looked for
 * @throws InputError where there is nothing that any format reads
 */
export function dataFacts(path: string, labels: string | null): DataFacts {
  const root = resolve(path);
  if (statSync(root, { throwIfNoEntry: false }) === undefined) {
    throw new InputError(`Expected a file or folder with samples, got nothing there: ${root}.`);
  }
  if (labels !== null && statSync(labels, { throwIfNoEntry: false }) === undefined) {
    throw new InputError(`Expected a file or folder with truth (--labels), got nothing there: ${resolve(labels)}.`);
  }
  const found = splitOf(root);
  if (found === null) {
    throw new InputError(
      `Expected images (.jpg, .png), .wav, .npy, .npz, IDX or CIFAR-10 files, got none in ${root}. Leave DATA out to begin with random samples.`,
    );
  }
  const { calibration, evaluation } = found;
  const truths = truthFiles(root, evaluation, labels === null ? null : resolve(labels));
  const isOneSet = calibration.path === evaluation.path;
  return { calibration, evaluation, isOneSet, truths, notes: notesOf(root, isOneSet) };
}

function notesOf(root: string, isOneSet: boolean): readonly string[] {
  return isOneSet ? [`${basename(root)} has no split: calibration uses samples that are evaluated, too.`] : [];
}

type Split = Pick<DataFacts, 'calibration' | 'evaluation'>;

function splitOf(root: string): Split | null {
  if (!statSync(root).isDirectory()) return splitOfFile(root);
  const folders = foldersOf(root);
  const images = folders.find((name) => name.toLowerCase() === 'images');
  if (images !== undefined) {
    const inside = splitOf(join(root, images));
    if (inside !== null) return inside;
  }
  const split = pair(folders, CALIBRATION, EVALUATION, (name) => setInside(join(root, name)));
  if (split !== null) return split;
  const files = filesBelow(root, 1);
  const pairs = pair(files, CALIBRATION_FILE, EVALUATION_FILE, (name) => sampleSetOf(join(root, name)));
  if (pairs !== null) return pairs;
  const whole = sampleSetOf(root) ?? files.map((name) => sampleSetOf(join(root, name))).find((set) => set !== null);
  return whole === undefined ? null : { calibration: whole, evaluation: whole };
}

/** `train/images` of Roboflow and others. */
function setInside(folder: string): SampleSet | null {
  const images = foldersOf(folder).find((name) => name.toLowerCase() === 'images');
  return sampleSetOf(images === undefined ? folder : join(folder, images));
}

/** A file of samples for one of both may lie beside that for the other. */
function splitOfFile(path: string): Split | null {
  const own = sampleSetOf(path);
  if (own === null) return null;
  const name = basename(path);
  const files = filesBelow(dirname(path), 1).filter((other) => other !== name);
  const wanted = EVALUATION_FILE.test(name) ? CALIBRATION_FILE : CALIBRATION_FILE.test(name) ? EVALUATION_FILE : null;
  const other = files
    .filter((each) => wanted?.test(each) === true && !/label/i.test(each))
    .map((each) => sampleSetOf(join(dirname(path), each)))
    .find((set) => set !== null && set.format === own.format && String(set.shape) === String(own.shape));
  if (other === undefined || other === null) return { calibration: own, evaluation: own };
  return wanted === CALIBRATION_FILE
    ? { calibration: other, evaluation: own }
    : { calibration: own, evaluation: other };
}

function pair(
  names: readonly string[],
  calibration: RegExp,
  evaluation: RegExp,
  open: (name: string) => SampleSet | null,
): Split | null {
  const first = (pattern: RegExp): SampleSet | null =>
    names
      .filter((name) => pattern.test(name) && !/label/i.test(name))
      .map(open)
      .find((set) => set !== null) ?? null;
  const [own, other] = [first(calibration), first(evaluation)];
  if (own === null || other === null || own.path === other.path || own.format !== other.format) return null;
  return { calibration: own, evaluation: other };
}

/** How a path is written in a file of `folder`: relative where it is near. */
export function pathFrom(folder: string, path: string): string {
  const way = relative(folder, path).split(sep).join('/');
  return way.startsWith('../../../..') ? path : way === '' ? '.' : way;
}
