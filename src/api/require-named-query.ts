import { UsageError } from '../errors/usage-error.js';
import { findNamedQuery, namedQueries, type NamedQuery } from '../store/query/named-queries.js';

/** The named query. @throws UsageError listing those that there are */
export function requireNamedQuery(name: string): NamedQuery {
  const query = findNamedQuery(name);
  if (query !== undefined) return query;
  const known = namedQueries.map((other) => other.name).join(', ');
  throw new UsageError(`Expected one of the named queries ${known}; got "${name}".`);
}
