import { DatasetError } from '../dataset-error.js';
import type { ByteSource } from '../io/file-source.js';

const MAX_CSV_BYTES = 256 * 1024 * 1024;
const MAX_LABEL = 2 ** 31 - 1;

/**
 * Reads class labels by file name: a line `path,label` for each, the path as inside the folder,
 * with `/`, in quotes or not; the label is a whole number and stands behind the last comma. A first
 * line without a number is a header.
 *
 * @param files the folder's files in order; each needs a label, and each label its file
 * @returns labels in the order of `files`
 * @throws DatasetError with the line, or the file that has no label
 */
export function readLabelCsv(source: ByteSource, files: readonly string[]): Int32Array {
  const positions = new Map(files.map((name, index) => [name, index]));
  const labels = new Int32Array(files.length).fill(-1);
  let index = -1;
  for (const line of linesOf(readText(source))) {
    index += 1;
    if (line.trim() === '') continue;
    const where = `${source.path}, line ${index + 1}`;
    const parts = splitLine(line);
    if (parts === null && index === 0) continue;
    if (parts === null || parts.label > MAX_LABEL) {
      const expected = 'a line path,label with a whole number from 0 as label';
      throw new DatasetError({ expected, got: JSON.stringify(line.slice(0, 100)), where });
    }
    const { label } = parts;
    const name = parts.path.replace(/^\.\//, '');
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

/** One at a time: a file of nothing but line feeds would make more strings than fit into memory. */
function* linesOf(text: string): Generator<string> {
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    yield text.slice(start, end);
    start = end + 1;
  }
  yield text.slice(start);
}

/** By hand, since a regular expression for it takes time that grows with the square of the line. */
function splitLine(line: string): { readonly path: string; readonly label: number } | null {
  const comma = line.lastIndexOf(',');
  const label = /^"?(\d{1,10})"?$/.exec(line.slice(comma + 1).trim())?.[1];
  if (comma < 0 || label === undefined) return null;
  const path = line.slice(0, comma).trim();
  const isQuoted = path.length > 1 && path.startsWith('"') && path.indexOf('"', 1) === path.length - 1;
  return { path: isQuoted ? path.slice(1, -1) : path, label: Number(label) };
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
