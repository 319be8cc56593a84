import { DatasetError } from '../../formats/dataset-error.js';
import { packObjects, type BoxTruth, type TruthObject } from './box-truth.js';
import { csvRows } from './csv-rows.js';

const FIELDS = 'name,x1,y1,x2,y2,class';

/**
 * Boxes of a CSV file: a line `name,x1,y1,x2,y2,class` for each object, corners in pixels; further
 * columns are left alone. A first line without numbers is a header. A line with a name alone is a
 * picture without objects, and so is one that no line names. Classes are numbers from 0, or names.
 *
 * @param names of classes, in their order; needed where the file has names
 * @throws DatasetError with the line that is none
 */
export function readCsvTruth(text: string, path: string, names: readonly string[] | null): BoxTruth {
  const byName = new Map<string, TruthObject[]>();
  const rows: {
    readonly name: string;
    readonly box: TruthObject['box'];
    readonly label: string;
    readonly line: number;
  }[] = [];
  for (const { line, cells } of csvRows(text, ',', path)) {
    const [name = '', ...rest] = cells.map((cell) => cell.trim());
    if (name === '' && rest.length === 0) continue;
    const isHeader = line === 1 && rest.length >= 5 && rest.slice(0, 4).every((cell) => Number.isNaN(Number(cell)));
    if (isHeader) continue;
    if (!byName.has(name)) byName.set(name, []);
    if (rest.every((cell) => cell === '')) continue;
    const [x1, y1, x2, y2] = rest.slice(0, 4).map((cell) => (cell === '' ? Number.NaN : Number(cell)));
    const label = rest[4] ?? '';
    if (![x1, y1, x2, y2].every(Number.isFinite) || label === '' || x2! < x1! || y2! < y1!) {
      const advice = 'The second corner is the lower right one.';
      throw new DatasetError({
        ...{ expected: `${FIELDS}, corners in pixels`, got: JSON.stringify(cells.join(',').slice(0, 100)) },
        ...{ where: `${path}, line ${line}`, advice },
      });
    }
    rows.push({ name, box: [x1!, y1!, x2! - x1!, y2! - y1!], label, line });
  }
  const areNumbers = rows.every(({ label }) => /^\d+$/.test(label));
  const classes = areNumbers && names === null ? numbered(rows.map(({ label }) => Number(label))) : names;
  if (classes === null) {
    const found = [...new Set(rows.map(({ label }) => label))].sort();
    throw new DatasetError({
      expected: 'the order in which the model counts classes, as task.classes',
      got: `names of ${found.length} (${found.slice(0, 5).join(', ')}${found.length > 5 ? ', ...' : ''})`,
      where: path,
      advice: 'A file of names does not tell the order.',
    });
  }
  for (const { name, box, label, line } of rows) {
    const place = areNumbers ? Number(label) : classes.indexOf(label);
    if (place < 0 || place >= classes.length) {
      const expected = `one of the ${classes.length} classes of task.classes`;
      throw new DatasetError({ expected, got: JSON.stringify(label), where: `${path}, line ${line}` });
    }
    byName.get(name)!.push({ class: place, box, area: box[2] * box[3], isCrowd: false });
  }
  return {
    ...{ format: 'CSV', path, classes: classes.map((name, id) => ({ id, name })), classesAreOpen: names === null },
    pictures: [...byName].map(([name, objects]) => ({ id: null, name, size: null, objects: packObjects(objects) })),
    ...{ unit: 'pixels', missingIsEmpty: true, ignoresEnding: false, notes: [] },
  };
}

function numbered(labels: readonly number[]): readonly string[] {
  return Array.from({ length: labels.reduce((most, label) => Math.max(most, label + 1), 0) }, (_, id) => String(id));
}
