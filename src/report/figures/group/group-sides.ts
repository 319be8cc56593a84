import { color } from '../../charts/theme.js';
import type { ThemeToken } from '../../charts/theme-tokens.js';
import type { ComparedGroup, GroupMember } from '../../facts/compared-group.js';
import type { DotSides } from '../comparison/layer-dumbbell.js';
import { drawnLimits } from '../../charts/drawn-limits.js';

/** Colours of trials that are neither FP32 nor unsmoothed. */
const tokens: readonly ThemeToken[] = [
  ...(['sideA', 'sideB', 'size1', 'absmaxView', 'corrected', 'cost'] as const),
  ...(['gain', 'bits0', 'depth2', 'size4', 'spent', 'size5'] as const),
];

const shapes = ['circle', 'diamond', 'square', 'triangle-up', 'cross', 'triangle-down'] as const;

/** Longest label in a legend; tooltips and tables have the whole. */
const longest = 44;

/** The members that charts draw; tables have all. */
export function drawnMembers({ members }: ComparedGroup): readonly GroupMember[] {
  return members.slice(0, drawnLimits.groupTrials);
}

/** What a caption says of the members that a chart leaves out; empty where it draws all. */
export function undrawnText({ members }: ComparedGroup): string {
  const { groupTrials } = drawnLimits;
  return members.length > groupTrials ? ` Drawn: the first ${groupTrials} of ${members.length} trials.` : '';
}

/**
 * Those of the members that a chart of layers shows, each with the colour that it has in all of
 * them. FP32 and unsmoothed keep their own where one alone is that.
 */
export function groupSides({ members: all }: ComparedGroup, members: readonly GroupMember[]): DotSides {
  const placeOf = (member: GroupMember): number => all.indexOf(member);
  const only = (role: string): boolean => all.filter(({ trial }) => trial.role === role).length === 1;
  const colorOf = (member: GroupMember): string => {
    const { role } = member.trial;
    const isOwn = (role === 'fp32' || role === 'unsmoothed') && only(role);
    return color(isOwn ? role : tokens[placeOf(member) % tokens.length]!);
  };
  return {
    names: members.map(({ side, trial: { label } }) => `${side}: ${cut(label)}`),
    colors: members.map(colorOf),
    shapes: members.map((member) => shapes[placeOf(member) % shapes.length]!),
    place: 'indexof(members, datum.trial)',
    params: [{ name: 'members', value: members.map(({ trial }) => trial.trial) }],
  };
}

function cut(label: string): string {
  return label.length <= longest ? label : `${label.slice(0, longest - 1)}…`;
}
