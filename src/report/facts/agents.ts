import { countText } from '../number-text.js';
import type { Query, Row } from '../query.js';
import { numberOf, sqlText, textOf, textOrNull, toRows } from '../query.js';

/** An agent of a running sweep, as it last told of itself. All of its text is foreign. */
export interface Agent {
  readonly id: string;
  readonly host: string;
  readonly label: string | null;
  readonly provider: string;
  readonly numericsClass: string;
  readonly gpu: string | null;
  readonly slots: number;
  readonly activity: Activity;
  /** Why it is unfit. */
  readonly reason: string | null;
  readonly jobs: readonly AgentJob[];
  readonly lastError: string | null;
  /** ISO 8601, by the agent's clock, as are the starts of its jobs. */
  readonly seenAt: string;
}

export interface AgentJob {
  readonly sweep: string;
  readonly label: string;
  readonly device: string;
  readonly startedAt: string;
}

/** What agents do, the most important first. */
const activities = ['at work', 'stopping', 'waiting', 'unfit', 'lost'] as const;
export type Activity = (typeof activities)[number];

/** Orders `gpu-2` before `gpu-10`, on any machine alike. */
const byName = new Intl.Collator('en', { numeric: true });

/** The query behind {@link readAgents}: those of the sweep that has claimed the database. */
export function agentsSql(sweep: string): string {
  return `SELECT agent, host, label, provider, numerics_class, gpu, slots, state, reason, jobs, last_error, seen_at
FROM v_agent
WHERE (SELECT claimed FROM v_sweep WHERE sweep = ${sqlText(sweep)})
ORDER BY agent`;
}

/** The agents of a sweep: by what they do, then by name, so that rows keep their places. */
export function readAgents(query: Query, sweep: string): readonly Agent[] {
  return agentsOf(toRows(query(agentsSql(sweep), [])));
}

/** The same of the query's rows. */
export function agentsOf(rows: readonly Row[]): readonly Agent[] {
  return rows
    .map(agentOf)
    .sort(
      (a, b) =>
        activities.indexOf(a.activity) - activities.indexOf(b.activity) ||
        byName.compare(a.host, b.host) ||
        byName.compare(a.label ?? '', b.label ?? '') ||
        byName.compare(a.id, b.id),
    );
}

/**
 * `3 of 4 slots busy`, and `1 at work, 1 waiting`. Slots of unfit and lost agents are not
 * the sweep's to use.
 */
export function agentCounts(agents: readonly Agent[]): { readonly slots: string; readonly activities: string } {
  const usable = agents.filter(({ activity }) => activity !== 'unfit' && activity !== 'lost');
  const slots = usable.reduce((sum, agent) => sum + agent.slots, 0);
  const busy = usable.reduce((sum, { jobs }) => sum + jobs.length, 0);
  const counted = activities
    .map((activity) => [agents.filter((agent) => agent.activity === activity).length, activity] as const)
    .filter(([count]) => count > 0)
    .map(([count, activity]) => `${count} ${activity}`);
  return { slots: `${busy} of ${countText(slots, 'slot')} busy`, activities: counted.join(', ') };
}

/** A job in words; that of another sweep is named with it. */
export function jobText({ sweep, label }: AgentJob, own: string): string {
  return sweep === own ? label : `${sweep}: ${label}`;
}

function agentOf(row: Row): Agent {
  const jobs = JSON.parse(textOf(row, 'jobs')) as readonly AgentJob[];
  return {
    id: textOf(row, 'agent'),
    host: textOf(row, 'host'),
    label: textOrNull(row, 'label'),
    provider: textOf(row, 'provider'),
    numericsClass: textOf(row, 'numerics_class'),
    gpu: textOrNull(row, 'gpu'),
    slots: numberOf(row, 'slots'),
    activity: activityOf(textOf(row, 'state'), jobs.length),
    reason: textOrNull(row, 'reason'),
    jobs,
    lastError: textOrNull(row, 'last_error'),
    seenAt: textOf(row, 'seen_at'),
  };
}

function activityOf(state: string, jobs: number): Activity {
  switch (state) {
    case 'unfit':
    case 'stopping':
    case 'lost':
      return state;
    default:
      return jobs > 0 ? 'at work' : 'waiting';
  }
}
