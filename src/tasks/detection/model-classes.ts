import { printableName } from '../../text/printable.js';
import { MetricError } from '../metric-error.js';
import type { BoxTruth } from '../truth/box-truth.js';

/** How the classes of a model belong to those of ground truth. */
export interface ModelClasses {
  /** Names of the classes that are evaluated, each of its own. */
  readonly names: readonly string[];
  /** Number of classes that a model must have; null: any that is not below {@link atLeast}. */
  readonly count: number | null;
  readonly atLeast: number;
  /** Of each class of the ground truth its place in {@link names}; -1: it is left out. */
  readonly ofTruth: Int32Array;
  /** The place in {@link names} of what a model calls `label`; -1: of no class that counts. */
  readonly ofLabel: (label: number) => number;
  /** How classes are mapped, for a person. */
  readonly mapping: string;
}

/** The settings that say how. */
export interface ClassSettings {
  readonly classes: readonly (string | number | null)[] | null;
  readonly classIndex: 'order' | 'id';
  readonly firstLabel: number;
}

/**
 * Maps classes: index k of a model is the k-th of `classes` (names or ids), or else the class of
 * the k-th id in ascending order; with `classIndex: id` the id itself.
 *
 * @throws MetricError where `classes` names one that the ground truth does not have
 */
export function mapClasses(truth: BoxTruth, { classes, classIndex, firstLabel }: ClassSettings): ModelClasses {
  const names = ownNames(truth);
  if (classIndex === 'id') {
    if (classes !== null)
      throw new MetricError('Expected task.classes or task.classIndex: id, got both: an id needs no list.');
    const ofId = new Map(truth.classes.map(({ id }, index) => [id, index]));
    const atLeast = Math.max(...ofId.keys()) + 1;
    return {
      ...{ names, count: null, atLeast, ofTruth: Int32Array.from(names.keys()) },
      ofLabel: (label) => ofId.get(label) ?? -1,
      mapping: `Classes of the model are the ids of ${truth.path}: ${mappingText(
        truth.classes.map(({ id }) => id),
        names,
      )}.`,
    };
  }
  const chosen =
    classes === null || truth.classesAreOpen ? [...truth.classes.keys()] : classes.map((each) => placeOf(each, truth));
  const twice = chosen.find((place, index) => place !== null && chosen.indexOf(place) < index);
  if (twice !== undefined && twice !== null)
    throw new MetricError(`Expected each class once in task.classes, got "${names[twice]!}" twice`);
  const ofTruth = new Int32Array(truth.classes.length).fill(-1);
  for (const [index, place] of chosen.entries()) if (place !== null) ofTruth[place] = index;
  const own = chosen.map((place, index) => (place === null ? `(${index})` : names[place]!));
  const count = truth.classesAreOpen ? null : chosen.length;
  return {
    ...{ names: own, count, atLeast: chosen.length, ofTruth },
    ofLabel(label) {
      const index = label - firstLabel;
      if (index < 0 || chosen[index] === null) return -1;
      if (index < chosen.length) return index;
      if (count === null) return -1;
      throw new MetricError(
        `Expected labels up to ${chosen.length - 1 + firstLabel}, by ${chosen.length} classes of ${truth.path}, got ${label}. ` +
          'Where labels are ids, set task.classIndex: id; where they begin with 1, task.firstLabel: 1.',
      );
    },
    mapping: mappingNote(truth, classes !== null, own),
  };
}

/** Why a model with so many classes does not fit; null where it does. */
export function classCountProblem(
  given: number,
  { count, atLeast, names }: ModelClasses,
  truth: BoxTruth,
): string | null {
  if (given === count || (count === null && given >= atLeast)) return null;
  const expected = count === null ? `${atLeast} classes or more` : `${count} ${count === 1 ? 'class' : 'classes'}`;
  const few = names.slice(0, 3).join(', ');
  return (
    `Expected an output of ${expected}, by ${truth.path} (${few}${names.length > 3 ? ', ...' : ''}), got one of ${given}. ` +
    "Set task.classes to the names or ids of the model's classes in its order (null for one that is not in the file), or task.classIndex: id where its index is the id."
  );
}

function placeOf(given: string | number | null, { classes, path }: BoxTruth): number | null {
  if (given === null) return null;
  const place = classes.findIndex(({ id, name }) => (typeof given === 'number' ? id === given : name === given));
  if (place >= 0) return place;
  const what = typeof given === 'number' ? `the id ${given}` : `"${printableName(given, 100)}"`;
  const known = classes.slice(0, 8).map(({ id, name }) => `${name} (${id})`);
  throw new MetricError(
    `Expected names or ids of ${path} in task.classes, got ${what}; it has ${known.join(', ')}${classes.length > 8 ? ', ...' : ''}`,
  );
}

/** Names of the ground truth, those that several have with their ids. */
function ownNames({ classes }: BoxTruth): readonly string[] {
  const counted = new Map<string, number>();
  for (const { name } of classes) counted.set(name, (counted.get(name) ?? 0) + 1);
  return classes.map(({ id, name }) => (counted.get(name) === 1 ? name : `${name} (${id})`));
}

function mappingNote(truth: BoxTruth, isGiven: boolean, names: readonly string[]): string {
  const by = isGiven ? 'as task.classes has them' : `by rising id in ${truth.path}`;
  return `Classes of the model, ${by}: ${mappingText([...names.keys()], names)}.`;
}

/** `0 person, 1 bicycle .. 79 toothbrush`; long lists by their ends. */
function mappingText(indexes: readonly number[], names: readonly string[]): string {
  const all = indexes.map((index, place) => `${index} ${names[place]!}`);
  return all.length <= 24 ? all.join(', ') : `${all.slice(0, 12).join(', ')} .. ${all.slice(-6).join(', ')}`;
}
