import { extname } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { csvRows } from '../truth/csv-rows.js';
import { matchNames } from '../truth/match-names.js';
import { readJsonFile, readTextFile } from '../truth/read-text-file.js';

/** The texts of samples. */
export interface TextTruth {
  /** `[sampleCount]` */
  readonly texts: readonly string[];
  readonly by: 'name' | 'order';
  /** Texts of the file that no evaluated sample has. */
  readonly unused: number;
}

interface Entry {
  readonly name: string | null;
  readonly text: string;
  readonly where: string;
}

const nameHeads = ['name', 'file', 'filename', 'file_name', 'path', 'image', 'image_path', 'id', 'sample'];
const textHeads = ['text', 'label', 'labels', 'word', 'words', 'transcription', 'truth', 'target'];

/**
 * Reads texts: a CSV of names and texts (quotes as in RFC 4180; an unquoted text may hold commas),
 * the same with tabs (`.tsv`, or `.txt` with a tab in every line), a JSON object of texts by name,
 * a JSON list of texts or of `{name, text}`, or a text file with a line for each sample. A first
 * line of headings is left out. Entries with names belong to samples by name, where samples have
 * names; all others by order.
 *
 * @throws DatasetError when the form is none of these, or a sample has no text or two
 */
export function readTextTruth(
  path: string,
  names: readonly string[] | null | undefined,
  sampleCount: number,
): TextTruth {
  const entries = readEntries(path);
  const isNamed = entries.length > 0 && entries[0]!.name !== null;
  const odd = entries.find(({ name }) => (name !== null) !== isNamed);
  if (odd !== undefined) {
    const got = odd.name === null ? 'a text without a name' : 'a text with a name';
    throw new DatasetError({ expected: 'names for all texts or for none', got, where: odd.where });
  }
  if (!isNamed || names === null || names === undefined) return byOrder(path, entries, sampleCount);
  const find = matchNames(names.slice(0, sampleCount));
  const texts = new Array<string | undefined>(sampleCount).fill(undefined);
  let unused = 0;
  for (const { name, text, where } of entries) {
    const sample = find(name!);
    if (sample === null) {
      unused += 1;
      continue;
    }
    if (sample === 'several') {
      throw new DatasetError({
        expected: 'a name of one sample',
        got: `${name!}, which is the name of several`,
        where,
      });
    }
    if (texts[sample] !== undefined) {
      throw new DatasetError({ expected: 'one text for each sample', got: `a second one for ${name!}`, where });
    }
    texts[sample] = text;
  }
  const missing = texts.indexOf(undefined);
  if (missing < 0) return { texts: texts as string[], by: 'name', unused };
  throw new DatasetError({
    expected: `a text for each of ${sampleCount} samples`,
    got: `none for ${texts.filter((text) => text === undefined).length} of them, such as ${names[missing]!}`,
    where: path,
    advice: `It has ${entries.length} texts, of names such as ${entries[0]!.name!}.`,
  });
}

function byOrder(path: string, entries: readonly Entry[], sampleCount: number): TextTruth {
  if (entries.length >= sampleCount) {
    const texts = entries.slice(0, sampleCount).map(({ text }) => text);
    return { texts, by: 'order', unused: entries.length - sampleCount };
  }
  throw new DatasetError({
    expected: `${sampleCount} texts, one for each sample, in order`,
    got: String(entries.length),
    where: path,
    advice: 'Add the missing ones, or lower data.evaluation.samples.',
  });
}

function readEntries(path: string): readonly Entry[] {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return jsonEntries(readJsonFile(path), path);
  const text = readTextFile(path);
  if (extension === '.csv') return tableEntries(text, ',', path);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const isTable = extension === '.tsv' || (lines.length > 0 && lines.every((line) => line.includes('\t')));
  if (isTable) return tableEntries(text, '\t', path);
  return lines.map((line, index) => ({ name: null, text: line, where: `${path}, line ${index + 1}` }));
}

function tableEntries(text: string, separator: ',' | '\t', path: string): readonly Entry[] {
  const rows = csvRows(text, separator, path);
  const [first] = rows;
  const isHead = (cell: string | undefined, heads: readonly string[]): boolean =>
    cell !== undefined && heads.includes(cell.trim().toLowerCase());
  const hasHead =
    first !== undefined &&
    (first.cells.length === 1
      ? isHead(first.cells[0], textHeads)
      : isHead(first.cells[0], nameHeads) && isHead(first.cells[1], textHeads));
  return rows.slice(hasHead ? 1 : 0).map(({ line, cells }) => {
    const [one, ...rest] = cells as [string, ...string[]];
    const where = `${path}, line ${line}`;
    return rest.length === 0
      ? { name: null, text: one, where }
      : { name: one.trim(), text: rest.join(separator), where };
  });
}

function jsonEntries(value: unknown, path: string): readonly Entry[] {
  const bad = (got: unknown, where: string): DatasetError =>
    new DatasetError({
      expected: 'an object of texts by name, a list of texts, or a list of {"name": ..., "text": ...}',
      got: JSON.stringify(got).slice(0, 100),
      where,
    });
  if (typeof value !== 'object' || value === null) throw bad(value, path);
  if (!Array.isArray(value)) {
    return Object.entries(value).map(([name, text]: [string, unknown]) => {
      if (typeof text !== 'string') throw bad(text, `${path}, ${JSON.stringify(name)}`);
      return { name, text, where: `${path}, ${JSON.stringify(name)}` };
    });
  }
  return (value as readonly unknown[]).map((entry, index) => {
    const where = `${path}, entry ${index}`;
    if (typeof entry === 'string') return { name: null, text: entry, where };
    if (typeof entry !== 'object' || entry === null) throw bad(entry, where);
    const fields = entry as Readonly<Record<string, unknown>>;
    const pick = (heads: readonly string[]): unknown => fields[heads.find((head) => head in fields) ?? ''];
    const [name, text] = [pick(nameHeads), pick(textHeads)];
    if (typeof text !== 'string' || (name !== undefined && typeof name !== 'string')) throw bad(entry, where);
    return { name: name ?? null, text, where };
  });
}
