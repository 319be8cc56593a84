import { posix } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { matchSamples } from './match-samples.js';

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
 * Finds the picture of each sample, by name or by order.
 *
 * @param names of the samples, `[>= sampleCount]`; null: they have none
 * @throws DatasetError as {@link matchSamples}, and where two pictures have one name
 */
export function matchPictures(
  { path, pictures, missingIsEmpty, ignoresEnding }: NamedPictures,
  names: readonly string[] | null,
  sampleCount: number,
): PictureMatch {
  const keyOf = (name: string): string => (ignoresEnding ? withoutEnding(name) : name);
  const isNamed = pictures.some(({ name }) => name !== null);
  const keys = pictures.map(({ name }, picture) => (name === null ? `(picture ${picture})` : keyOf(name)));
  const shown = (picture: number): string => pictures[picture]!.name ?? keys[picture]!;
  if (names !== null && isNamed) requireDistinct(keys, shown, path);
  const { entries, by } = matchSamples(
    { path, noun: 'picture', count: pictures.length, keys: isNamed ? keys : null, shown, missingIsEmpty },
    names === null ? null : { names, keys: names.map(keyOf) },
    sampleCount,
  );
  return { picture: entries, by };
}

function requireDistinct(keys: readonly string[], shown: (picture: number) => string, path: string): void {
  const first = new Map<string, number>();
  for (const [picture, key] of keys.entries()) {
    const other = first.get(key);
    if (other !== undefined) {
      const got = `${JSON.stringify(shown(picture))} and ${JSON.stringify(shown(other))}`;
      throw new DatasetError({ expected: 'pictures of different names', got, where: path });
    }
    first.set(key, picture);
  }
}

function withoutEnding(name: string): string {
  const ending = posix.extname(name);
  return ending === '' ? name : name.slice(0, -ending.length);
}
