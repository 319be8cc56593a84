import { basename } from 'node:path';
import type { OnHashing } from '../../formats/hash-source.js';

/** Files below this are read before anybody wonders. */
const WORTH_A_WORD_BYTES = 2 ** 30;

/** Between two words on one file. */
const EVERY_MS = 5000;

/**
 * Says which large files are read and how far: trials are known by the content of their data, so
 * that a file is read whole, however few of its samples are used. Another number of samples then
 * leaves what is stored valid.
 *
 * @param write takes a line
 * @param now milliseconds of a clock that only goes forward
 */
export function hashingProgress(
  write: (line: string) => void,
  now: () => number = () => performance.now(),
  worthBytes = WORTH_A_WORD_BYTES,
): OnHashing {
  let path = '';
  let saidAt = 0;
  return (current, done, size) => {
    if (size < worthBytes) return;
    const isNew = current !== path;
    if (!isNew && now() - saidAt < EVERY_MS && done < size) return;
    if (isNew)
      write(`Hashing ${basename(current)} (${sizeText(size)}): trials are identified by the content of their data.\n`);
    else write(`Hashing ${basename(current)}: ${Math.floor((100 * done) / size)} % of ${sizeText(size)}\n`);
    path = current;
    saidAt = now();
  };
}

function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toPrecision(3)} ${units[power]!}`;
}
