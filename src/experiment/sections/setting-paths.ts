import { z } from 'zod';
import { headerSchemas } from '../file/header-schema.js';
import { rangesAllowed } from '../../schema/schema-leaves.js';
import { sectionSchemas } from './sections.js';

/** A setting that has no settings inside: what an axis, a rule or an override names. */
export interface SettingPath {
  /** As in the file, e.g. `data.calibration.batches`. */
  readonly path: string;
  readonly segments: readonly string[];
  /** What a value may be: one schema for each format or task that has the setting. */
  readonly schemas: readonly z.ZodType[];
  /** The value itself is a list, so an axis of it is a list of lists. */
  readonly holdsList: boolean;
  /** The value is a list of mappings. */
  readonly holdsMappings: boolean;
  /** The value may be a mapping of names of its own (`inputs`, `options`). */
  readonly isMapping: boolean;
  /** The value is text, whatever the format or task: `--set` takes it as typed. */
  readonly isText: boolean;
  /** The value is a list of texts. */
  readonly holdsTexts: boolean;
  readonly mayBeNull: boolean;
  /** The value may be written as `{from, to, step}`. */
  readonly allowsRange: boolean;
}

/** The schema inside defaults, nulls and the like. */
export function unwrapSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable)
    return unwrapSchema(schema.unwrap());
  return schema;
}

function leavesOf(schema: z.ZodType, segments: readonly string[]): readonly SettingPath[] {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodDiscriminatedUnion)
    return inner.options.flatMap((option) => leavesOf(option as z.ZodType, segments));
  if (inner instanceof z.ZodObject)
    return Object.entries(inner.shape).flatMap(([key, child]) => leavesOf(child as z.ZodType, [...segments, key]));
  return [
    {
      path: segments.join('.'),
      segments,
      schemas: [schema],
      holdsList: inner instanceof z.ZodArray,
      holdsMappings: inner instanceof z.ZodArray && unwrapSchema(inner.element) instanceof z.ZodObject,
      isMapping: isRecord(inner),
      isText: inner instanceof z.ZodString,
      holdsTexts: inner instanceof z.ZodArray && unwrapSchema(inner.element) instanceof z.ZodString,
      mayBeNull: schema.safeParse(null).success,
      allowsRange: rangesAllowed.has(inner),
    },
  ];
}

function collect(schemas: Readonly<Record<string, z.ZodType>>): ReadonlyMap<string, SettingPath> {
  const leaves = Object.entries(schemas).flatMap(([name, schema]) => leavesOf(schema, [name]));
  const byPath = new Map<string, SettingPath>();
  for (const leaf of leaves) {
    const shared = byPath.get(leaf.path);
    byPath.set(leaf.path, shared === undefined ? leaf : sharedLeaf(shared, leaf));
  }
  return byPath;
}

function isRecord(schema: z.core.$ZodType): boolean {
  if (schema instanceof z.ZodUnion)
    return schema.options.some((option) => isRecord(option) || option instanceof z.ZodObject);
  return schema instanceof z.ZodRecord;
}

/** One path that several formats or tasks have. */
function sharedLeaf(one: SettingPath, other: SettingPath): SettingPath {
  return {
    ...one,
    schemas: [...one.schemas, ...other.schemas],
    isMapping: one.isMapping || other.isMapping,
    isText: one.isText && other.isText,
    holdsTexts: one.holdsTexts && other.holdsTexts,
    mayBeNull: one.mayBeNull || other.mayBeNull,
  };
}

/** Settings of a trial: each can be an axis. */
export const settingPaths = collect(sectionSchemas);

/** What `--set` can name besides {@link settingPaths}. */
export const headerPaths = new Map([...collect(headerSchemas)].filter(([path]) => path !== 'version'));

/** The setting of a dotted path; `task` is short for `task.kind`. */
export function findSetting(path: string): SettingPath | undefined {
  return settingPaths.get(path === 'task' ? 'task.kind' : path);
}
