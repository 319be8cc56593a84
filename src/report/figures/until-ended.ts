import { pendingText } from '../answers/pending-note.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import type { AbsentContent } from './figure.js';

/**
 * The note of a figure that has nothing to draw. Until its sweep has ended it tells what is
 * pending: what the grid lacks is known only then.
 *
 * @param facts of any page
 */
export function untilEnded(content: AbsentContent, facts: unknown): AbsentContent {
  const sweep = content.holdsWhilePending === true ? null : sweepOf(facts);
  const pending = sweep === null ? null : pendingText(sweep);
  return pending === null
    ? content
    : { kind: 'absent', note: `Nothing to show here yet: ${pending}.`, brief: 'trials are pending' };
}

/** The sweep that a page is of: of a trial's page only where that trial itself is pending. */
function sweepOf(facts: unknown): SweepFacts | null {
  if (isSweepFacts(facts)) return facts;
  if (typeof facts !== 'object' || facts === null || !('sweep' in facts) || !isSweepFacts(facts.sweep)) return null;
  if ('trial' in facts && (facts.trial as TrialFacts).status !== 'pending') return null;
  return facts.sweep;
}

function isSweepFacts(facts: unknown): facts is SweepFacts {
  return typeof facts === 'object' && facts !== null && 'allTrials' in facts && 'sweep' in facts;
}
