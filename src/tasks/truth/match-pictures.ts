import { posix } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';

/** Ground truth whose pictures belong to samples. */
export interface NamedPictures {
  /** The file, for messages. */
  readonly path: string;
  readonly pictures: readonly { readonly name: string | null }[];
  /** Samples without a picture have no objects. */
  readonly missingIsEmpty: boolean;
  /** Names are compared without their ending. */
  readonly ignoresEnding: boolean;
}

export interface PictureMatch {
  /** The picture of each sample `[sampleCount]`; -1: none, so without objects. */
  readonly picture: Int32Array;
  readonly by: 'name' | 'order';
}

/**
 * Finds the picture of each sample: by its path inside the folder, or else by the name of the file
 * alone where only one picture has it; without names by order.
 *
 * @param names of the samples, `[>= sampleCount]`; null: they have none
 * @throws DatasetError where a sample has no picture or a name fits several
 */
export function matchPictures(
  truth: NamedPictures,
  names: readonly string[] | null,
  sampleCount: number,
): PictureMatch {
  if (names === null || truth.pictures.every(({ name }) => name === null)) return matchByOrder(truth, sampleCount);
  const own = (name: string): string => (truth.ignoresEnding ? withoutEnding(name) : name);
  const byPath = new Map<string, number>();
  const byBase = new Map<string, number[]>();
  for (const [index, { name }] of truth.pictures.entries()) {
    if (name === null) continue;
    const path = own(name);
    const other = byPath.get(path);
    if (other !== undefined) {
      const got = `${JSON.stringify(name)} and ${JSON.stringify(truth.pictures[other]!.name)}`;
      throw new DatasetError({ expected: 'pictures of different names', got, where: truth.path });
    }
    byPath.set(path, index);
    const base = posix.basename(path);
    byBase.set(base, [...(byBase.get(base) ?? []), index]);
  }
  const picture = new Int32Array(sampleCount).fill(-1);
  const taken = new Map<number, string>();
  for (let sample = 0; sample < sampleCount; sample += 1) {
    const name = names[sample]!;
    const found = byPath.get(own(name)) ?? onlyOne(byBase.get(posix.basename(own(name))), name, truth);
    if (found === undefined) {
      if (truth.missingIsEmpty) continue;
      throw new DatasetError({
        expected: `a picture "${name}", as a sample is called`,
        got: `${truth.pictures.length} others, such as "${truth.pictures[0]?.name ?? 'none'}"`,
        where: truth.path,
        advice: 'Samples belong to pictures by their path in the folder, or by the name of the file alone.',
      });
    }
    const other = taken.get(found);
    if (other !== undefined) {
      const got = `"${other}" and "${name}" for "${truth.pictures[found]!.name!}"`;
      throw new DatasetError({ expected: 'one sample for each picture', got, where: truth.path });
    }
    taken.set(found, name);
    picture[sample] = found;
  }
  if (taken.size === 0 && sampleCount > 0) {
    throw new DatasetError({
      expected: `ground truth of samples such as "${names[0]!}"`,
      got: `none for any of ${sampleCount} samples; it has "${truth.pictures[0]?.name ?? 'none'}"`,
      where: truth.path,
      advice: 'Samples belong to pictures by their path in the folder, or by the name of the file alone.',
    });
  }
  return { picture, by: 'name' };
}

function matchByOrder(truth: NamedPictures, sampleCount: number): PictureMatch {
  // Where pictures without objects have no file, the order tells nothing of the others.
  const isEnough = truth.missingIsEmpty ? truth.pictures.length === sampleCount : truth.pictures.length >= sampleCount;
  if (isEnough) {
    return { picture: Int32Array.from({ length: sampleCount }, (_, sample) => sample), by: 'order' };
  }
  throw new DatasetError({
    expected: `${sampleCount} pictures, one for each sample`,
    got: String(truth.pictures.length),
    where: truth.path,
    advice: 'Samples without names belong to the pictures in their order.',
  });
}

function onlyOne(found: readonly number[] | undefined, name: string, truth: NamedPictures): number | undefined {
  if (found === undefined || found.length === 1) return found?.[0];
  const [first, second] = found.map((index) => truth.pictures[index]!.name!);
  throw new DatasetError({
    expected: `one picture for sample "${name}"`,
    got: `${found.length} of that name, such as "${first!}" and "${second!}"`,
    where: truth.path,
    advice: 'Name them with the path that the sample has inside its folder.',
  });
}

function withoutEnding(name: string): string {
  const ending = posix.extname(name);
  return ending === '' ? name : name.slice(0, -ending.length);
}
