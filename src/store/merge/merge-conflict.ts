import { StoreError } from '../store-error.js';

/** One difference between rows that have to be equal. */
export interface Difference {
  /** `table.column`, or the table where a row is missing. */
  readonly column: string;
  /** Which row, and what the two databases have there. */
  readonly detail: string;
}

/** The same work with two results. */
export interface MergeConflict {
  /** e.g. `trial "static alpha=0.5" (key 1a2b3c4d5e6f)`. */
  readonly what: string;
  readonly differences: readonly Difference[];
  /** The databases that have them, as they were given. */
  readonly between: readonly [string, string];
}

/** Two databases that can't both be right; nothing was merged. */
export class MergeConflictError extends StoreError {
  static override readonly errorClass = 'MergeConflictError';

  constructor(
    readonly target: string,
    readonly conflicts: readonly MergeConflict[],
  ) {
    super(
      'conflict',
      `${conflicts.length === 1 ? 'A conflict' : `${conflicts.length} conflicts`}, so nothing was merged and ${target} is as it was.\n${conflicts
        .map((conflict) => `  ${conflictText(conflict)}`)
        .join(
          '\n',
        )}\nEqual work has equal bits on machines of one numerics class. Leave out the database that is wrong, or run its shard again.`,
    );
  }
}

/** `trial "x" (key 1a2b) differs between a.db and b.db: accuracy.value (metric top1: 0.9, 0.8)` */
function conflictText({ what, differences, between: [one, other] }: MergeConflict): string {
  const columns = new Map<string, { readonly detail: string; count: number }>();
  for (const { column, detail } of differences) {
    const known = columns.get(column);
    if (known === undefined) columns.set(column, { detail, count: 1 });
    else known.count += 1;
  }
  const texts = [...columns].map(([column, { detail, count }]) => {
    const more = count === 1 ? '' : `, and ${count - 1} more`;
    return `${column} (${detail}${more})`;
  });
  return `${what} differs between ${one} and ${other}: ${texts.join('; ')}`;
}

/** Results of several numerics classes in one sweep, without consent; nothing was merged. */
export class MixedClassesError extends StoreError {
  static override readonly errorClass = 'MixedClassesError';

  /** @param classes numerics classes by the database that has them */
  constructor(target: string, sweep: string, classes: ReadonlyMap<string, readonly string[]>) {
    const each = [...classes].map(([database, own]) => `  ${database}: ${own.join(', ')}`).join('\n');
    super(
      'conflict',
      `The results of sweep "${sweep}" are of several numerics classes, which round differently, so nothing was merged and ${target} is as it was.\n${each}\nRun the shards on machines of one class, or merge with --mix-classes: the sweep's trials are then not comparable bit for bit.`,
    );
  }
}
