import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import type { StoredClass } from '../store.js';

interface ClassCount {
  readonly kind: 'trial' | 'stage';
  /** Several are joined by +. */
  readonly classes: string | null;
  readonly count: number;
}

/**
 * Numerics classes of what is finished of the given work, and how much is of each; that of most
 * trials first. A part of an unfinished stage is of the class of its attempt.
 */
export function readNumericsClasses(
  connection: Connection,
  stages: readonly ContentKey[],
  trials: readonly ContentKey[],
): readonly StoredClass[] {
  const rows = connection.all(
    `SELECT 'trial' AS kind, t.numerics_class AS classes, count(*) AS count
     FROM json_each(?) k CROSS JOIN trial t ON t.key = k.value WHERE t.status IN ('done', 'stopped') GROUP BY 2
     UNION ALL
     SELECT 'stage', s.numerics_class, count(*)
     FROM json_each(?) k CROSS JOIN stage s ON s.key = k.value WHERE s.status = 'done' GROUP BY 2
     UNION ALL
     SELECT 'stage', a.numerics_class, count(DISTINCT s.id)
     FROM json_each(?) k CROSS JOIN stage s ON s.key = k.value
     JOIN stage_part p ON p.stage_id = s.id
     JOIN attempt a ON a.stage_id = s.id AND a.part = p.part AND a.status = 'done' GROUP BY 2`,
    JSON.stringify(trials),
    JSON.stringify(stages),
    JSON.stringify(stages),
  ) as readonly ClassCount[];
  const counts = new Map<string | null, { trials: number; stages: number }>();
  for (const { kind, classes, count } of rows) {
    for (const numericsClass of classes?.split('+') ?? [null]) {
      const counted = counts.get(numericsClass) ?? { trials: 0, stages: 0 };
      counted[kind === 'trial' ? 'trials' : 'stages'] += count;
      counts.set(numericsClass, counted);
    }
  }
  return [...counts]
    .map(([numericsClass, counted]) => ({ numericsClass, ...counted }))
    .sort((a, b) => b.trials - a.trials || b.stages - a.stages || byName(a, b));
}

function byName(a: StoredClass, b: StoredClass): number {
  return (a.numericsClass ?? '').localeCompare(b.numericsClass ?? '', 'en');
}
