import { workerLogsOf, workerLogsSql } from '../../report/facts/worker-logs.js';
import { toRows } from '../../report/query.js';
import type { QueryConnection } from '../../store/query/query-database.js';

/** Lines of each log that `quantsweep status` shows; the live page and v_worker_log have more. */
const shownLines = 5;

/** What the workers of a sweep wrote last; none where none wrote anything. */
export function workerLogLines(queries: QueryConnection, sweep: string): readonly string[] {
  const written = workerLogsOf(toRows(queries.query(workerLogsSql(sweep)))).filter(({ text }) => text !== '');
  if (written.length === 0) return [];
  return [
    '',
    'what the workers wrote last (quantsweep query "SELECT * FROM v_worker_log")',
    ...written.flatMap(({ place, text }) =>
      text
        .split('\n')
        .slice(-shownLines)
        .map((line) => `${place}  ${line}`),
    ),
  ];
}
