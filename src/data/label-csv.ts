import { DatasetError } from './dataset-error.js';
import type { ByteSource } from './file-source.js';

const MAX_CSV_BYTES = 256 * 1024 * 1024;
const MAX_LABEL = 2 ** 31 - 1;

/**
 * Reads class labels by file name: a line `path,label` for each, the path as inside the folder, with `/`, in quotes or
 * not; the label is a whole number and stands behind the last comma. A first line without a number is a header.
 *
 * @param files the folder's files in order; each needs a label, and each label its file
 * @returns labels in the order of `files`
 * @throws DatasetError with the line, or the file that has no label
 */
export function readLabelCsv(source: ByteSource, files: readonly string[]): Int32Array {
  const positions = new Map(files.map((name, index) => [name, index]));
  const labels = new Int32Array(files.length).fill(-1);
  for (const [index, line] of readText(source).split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const where = `${source.path}, line ${index + 1}`;
    const parts = /^\s*(?:"([^"]*)"|(.*?))\s*,\s*"?(\d{1,10})"?\s*$/.exec(line);
    if (parts === null && index === 0) continue;
    const label = Number(parts?.[3]);
    if (parts === null || label > MAX_LABEL) {
      const expected = 'a line path,label with a whole number from 0 as label';
      throw new DatasetError({ expected, got: JSON.stringify(line.slice(0, 100)), where });
    }
    const name = (parts[1] ?? parts[2]!).replace(/^\.\//, '');
    const position = positions.get(name);
    if (position === undefined) {
      const expected = `the path of one of the folder's ${files.length} files, such as ${files[0]!}`;
      throw new DatasetError({ expected, got: name, where });
    }
    if (labels[position] !== -1) {
      throw new DatasetError({ expected: 'one label for each file', got: `a second one for ${name}`, where });
    }
    labels[position] = label;
  }
  const missing = labels.indexOf(-1);
  if (missing < 0) return labels;
  throw new DatasetError({
    expected: 'a label for each file of the folder',
    got: `none for ${files[missing]!}`,
    where: source.path,
    advice: 'Add a line for it, or take the file out of the folder.',
  });
}

function readText(source: ByteSource): string {
  if (source.sizeBytes > MAX_CSV_BYTES) {
    const expected = `a CSV of at most ${MAX_CSV_BYTES} bytes`;
    throw new DatasetError({ expected, got: String(source.sizeBytes), where: source.path });
  }
  const bytes = Buffer.alloc(source.sizeBytes);
  source.read(0, bytes);
  return bytes.toString('utf8');
}
