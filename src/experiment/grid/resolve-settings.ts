import { readRange, reportInto } from './axis-values.js';
import type { Place, Problem } from '../experiment-error.js';
import { explainIssues } from '../explain-issue.js';
import type { Assignment } from './expand-grid.js';
import { MemoByParts } from '../../memo/memo-by-parts.js';
import { entryOf, nodeAt, toPlain, withNodeAt } from '../file/located-node.js';
import type { LocatedMapping, LocatedNode } from '../file/located-node.js';
import { settingPaths } from '../sections/setting-paths.js';
import { sectionNames, sectionSchemas } from '../sections/sections.js';
import { sectionsOfTargets, targetDefaults } from '../sections/target-defaults.js';
import type { FileSettings, SectionName } from '../sections/sections.js';

/**
 * A section of one trial: validated, or what is wrong with it. Equal sections of trials are one
 * object.
 */
export interface ResolvedSection {
  /** Validated value; undefined where there are problems. */
  readonly value: FileSettings[SectionName] | undefined;
  /** The section as written, with axis values in place; undefined where it was left out. */
  readonly node: LocatedNode | undefined;
  readonly problems: readonly Problem[];
}

export type ResolvedSections = Readonly<Record<SectionName, ResolvedSection>>;

const rangeSettings = [...settingPaths.values()].filter((setting) => setting.allowsRange);

/** Writes out ranges where a list setting was given as `{from, to, step}`. */
function withRangesExpanded(section: LocatedNode, name: SectionName, problems: Problem[]): LocatedNode {
  return rangeSettings
    .filter((setting) => setting.segments[0] === name)
    .reduce((node, { segments, path }) => {
      const value = nodeAt(node, segments.slice(1));
      if (value?.kind !== 'mapping') return node;
      const items = readRange(value, path, reportInto(problems));
      return withNodeAt(node, segments.slice(1), { kind: 'list', items, place: value.place });
    }, section);
}

/** What the file leaves out of a section is as the target of the trial has it. */
function withTargetDefaults(root: LocatedNode, name: SectionName): LocatedNode | undefined {
  const section = entryOf(root, name)?.node;
  const target = entryOf(root, 'target')?.node;
  const isReadable = section === undefined || section.kind === 'mapping';
  if (target?.kind !== 'scalar' || !isReadable) return section;
  const { place } = target;
  return targetDefaults(target.value, name).reduce<LocatedNode | undefined>((node, [path, value]) => {
    const whole = node?.kind === 'mapping' ? node : { kind: 'mapping' as const, entries: new Map(), place };
    return nodeAt(whole, path) === undefined ? withNodeAt(whole, path, asNode(value, place)) : node;
  }, section);
}

function asNode(value: string | boolean | readonly string[], place: Place): LocatedNode {
  if (typeof value === 'string' || typeof value === 'boolean') return { kind: 'scalar', value, place };
  return { kind: 'list', items: value.map((item) => ({ kind: 'scalar', value: item, place })), place };
}

function resolveSection(root: LocatedMapping, name: SectionName, assignments: readonly Assignment[]): ResolvedSection {
  const problems: Problem[] = [];
  const assigned = assignments.reduce<LocatedNode>(
    (node, { setting, value }) => withNodeAt(node, setting.segments, value),
    root,
  );
  const written = withTargetDefaults(assigned, name);
  const node = written && withRangesExpanded(written, name, problems);
  // What a range lacks was said; the list it left behind would be blamed again.
  if (problems.length > 0) return { value: undefined, node, problems };
  const schema = sectionSchemas[name];
  const result = schema.safeParse(node === undefined ? undefined : toPlain(node));
  if (result.success) return { value: result.data, node, problems };
  const refused = { field: name, schema, node, around: root.place };
  return { value: undefined, node, problems: explainIssues(result.error.issues, refused) };
}

/** Resolves points of the grid against the fixed settings of a file. */
export type SectionResolver = (assignments: readonly Assignment[]) => ResolvedSections;

/**
 * A resolver for the settings of one file. Each section is validated once for each combination of
 * axis values inside it, so that a large grid costs little more than its sections.
 */
export function createSectionResolver(root: LocatedMapping): SectionResolver {
  const known = new Map<string, ResolvedSection>();
  const ofSame = new MemoByParts<ResolvedSection>();
  const resolve = (name: SectionName, assignments: readonly Assignment[]): ResolvedSection => {
    const own = assignments.filter(
      ({ setting: { segments } }) =>
        segments[0] === name || (segments[0] === 'target' && sectionsOfTargets.includes(name)),
    );
    // Their number first: paths of one length end at one depth.
    return ofSame.get([own.length, name, ...own.flatMap(({ setting, value }) => [setting, value])], () => {
      const key = JSON.stringify([name, ...own.map(({ setting, value }) => [setting.path, toPlain(value)])]);
      const resolved = known.get(key) ?? resolveSection(root, name, own);
      known.set(key, resolved);
      return resolved;
    });
  };
  return (assignments) =>
    Object.fromEntries(sectionNames.map((name) => [name, resolve(name, assignments)])) as Record<
      SectionName,
      ResolvedSection
    >;
}

/** The validated settings; undefined where any section has problems. */
export function fileSettingsOf(sections: ResolvedSections): FileSettings | undefined {
  if (sectionNames.some((name) => sections[name].value === undefined)) return undefined;
  return Object.fromEntries(sectionNames.map((name) => [name, sections[name].value])) as unknown as FileSettings;
}
