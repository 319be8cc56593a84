import { extname } from 'node:path';
import { DatasetError } from '../../formats/dataset-error.js';
import { csvRows } from '../truth/csv-rows.js';
import { matchSamples } from '../truth/match-samples.js';
import { readTruthText } from '../truth/read-truth-text.js';
import { readTruthJson } from '../truth/truth-json.js';

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
  /** In the file. */
  readonly place: string;
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
    throw new DatasetError({ expected: 'names for all texts or for none', got, where: `${path}, ${odd.place}` });
  }
  const evaluated = names?.slice(0, sampleCount) ?? null;
  const { entries: found, by } = matchSamples(
    {
      path,
      noun: 'text',
      count: entries.length,
      keys: isNamed ? entries.map(({ name }) => name!) : null,
      shown: (entry) => `${entries[entry]!.name!} (${entries[entry]!.place})`,
      missingIsEmpty: false,
    },
    evaluated === null ? null : { names: evaluated, keys: evaluated },
    sampleCount,
  );
  return { texts: Array.from(found, (entry) => entries[entry]!.text), by, unused: entries.length - sampleCount };
}

function readEntries(path: string): readonly Entry[] {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return jsonEntries(readTruthJson(path), path);
  const text = readTruthText(path);
  if (extension === '.csv') return tableEntries(text, ',', path);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const isTable = extension === '.tsv' || (lines.length > 0 && lines.every((line) => line.includes('\t')));
  if (isTable) return tableEntries(text, '\t', path);
  return lines.map((line, index) => ({ name: null, text: line, place: `line ${index + 1}` }));
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
    const place = `line ${line}`;
    return rest.length === 0
      ? { name: null, text: one, place }
      : { name: one.trim(), text: rest.join(separator), place };
  });
}

function jsonEntries(value: unknown, path: string): readonly Entry[] {
  const bad = (got: unknown, place?: string): DatasetError =>
    new DatasetError({
      expected: 'an object of texts by name, a list of texts, or a list of {"name": ..., "text": ...}',
      got: JSON.stringify(got).slice(0, 100),
      where: place === undefined ? path : `${path}, ${place}`,
    });
  if (typeof value !== 'object' || value === null) throw bad(value);
  if (!Array.isArray(value)) {
    return Object.entries(value).map(([name, text]: [string, unknown]) => {
      const place = `entry ${JSON.stringify(name)}`;
      if (typeof text !== 'string') throw bad(text, place);
      return { name, text, place };
    });
  }
  return (value as readonly unknown[]).map((entry, index) => {
    const place = `entry ${index}`;
    if (typeof entry === 'string') return { name: null, text: entry, place };
    if (typeof entry !== 'object' || entry === null) throw bad(entry, place);
    const fields = entry as Readonly<Record<string, unknown>>;
    const pick = (heads: readonly string[]): unknown => fields[heads.find((head) => head in fields) ?? ''];
    const [name, text] = [pick(nameHeads), pick(textHeads)];
    if (typeof text !== 'string' || (name !== undefined && typeof name !== 'string')) throw bad(entry, place);
    return { name: name ?? null, text, place };
  });
}
