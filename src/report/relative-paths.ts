import { posix } from 'node:path';
import type { Query } from './query.js';
import { sqlText, textOf, textOrNull, toRows } from './query.js';

/** Names under which settings keep files and folders. */
const fileKeys = new Set(['path', 'labels', 'groundTruth', 'folder']);

/** A path and what stands for it. */
type Replacement = readonly [path: string, relative: string];

/**
 * The query with every absolute path in its cells relative to the experiment file of the sweep, so
 * that pages can be passed on without telling where they were made: paths of its settings, and
 * whatever lies in the folders around the file, wherever a cell has them (errors, the file's text).
 * The database keeps them as they are.
 *
 * @param sweeps names of those that pages are made of
 */
export function withRelativePaths(query: Query, sweeps: readonly string[]): Query {
  const replacements = sweeps.flatMap((sweep) => replacementsOf(query, sweep));
  const relativeOf = new Map([...replacements].reverse());
  // Of paths that lie in one another the longer one is meant.
  const paths = [...relativeOf.keys()].sort((a, b) => b.length - a.length);
  if (paths.length === 0) return query;
  const pattern = new RegExp(`(?<![\\w.~/-])(?:${paths.map(escapeRegExp).join('|')})(?![\\w~-]|\\.\\w)(/?)`, 'g');
  const shown = (text: string): string =>
    text.replaceAll(pattern, (match, slash: string) => {
      const relative = relativeOf.get(slash === '' ? match : match.slice(0, -1))!;
      return slash === '' ? relative : relative === '.' ? '' : `${relative}/`;
    });
  return (sql, params) => {
    const { columns, rows } = query(sql, params);
    return {
      columns,
      rows: rows.map((cells) =>
        cells.map((cell) => (typeof cell === 'string' && cell.includes('/') ? shown(cell) : cell)),
      ),
    };
  };
}

/**
 * Files that the sweep's settings name, and the folders around its experiment file but for the
 * root.
 */
function replacementsOf(query: Query, sweep: string): readonly Replacement[] {
  const where = sqlText(sweep);
  const [row] = toRows(query(`SELECT experiment_path FROM v_sweep WHERE sweep = ${where}`, []));
  if (row === undefined) return [];
  const file = textOf(row, 'experiment_path');
  if (!posix.isAbsolute(file)) return [];
  const folder = posix.dirname(file);
  const sections = ['$.model', '$.evaluation.source', '$.calibration.source', '$.task'];
  const sql = sections
    .map(
      (path) =>
        `SELECT DISTINCT t.settings ->> '${path}' AS section FROM sweep s JOIN sweep_trial st ON st.sweep_id = s.id JOIN trial t ON t.id = st.trial_id WHERE s.name = ${where}`,
    )
    .join(' UNION ');
  const named = toRows(query(sql, [])).flatMap((each) => {
    const section = textOrNull(each, 'section');
    return section?.startsWith('{') === true ? filesIn(JSON.parse(section), '') : [];
  });
  const around: string[] = [];
  for (let each = folder; each !== posix.dirname(each); each = posix.dirname(each)) around.push(each);
  return [...new Set([...named, ...around])].map((path) => [path, posix.relative(folder, path) || '.']);
}

/** Absolute paths among the values of a section, where one is expected. */
function filesIn(value: unknown, key: string): readonly string[] {
  if (typeof value === 'string') return fileKeys.has(key) && posix.isAbsolute(value) && value !== '/' ? [value] : [];
  if (Array.isArray(value)) return key === 'command' ? value.flatMap((each) => filesIn(each, 'path')) : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => filesIn(inner, name));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
