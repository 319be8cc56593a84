import { z } from 'zod';
import { filePaths } from './schema-leaves.js';
import { headerPaths, settingPaths, unwrapSchema } from './setting-paths.js';
import type { SettingPath } from './setting-paths.js';

/** The row of each setting in the tables of docs/EXPERIMENTS.md: `field | type | default | meaning`. */
export function settingRows(): ReadonlyMap<string, string> {
  const all = [...settingPaths.values(), ...headerPaths.values()];
  return new Map(all.map((setting) => [setting.path, rowOf(setting)]));
}

function rowOf(setting: SettingPath): string {
  const types = unique(setting.schemas.flatMap((schema) => typeTexts(schema)));
  const cells = [`\`${setting.path}\``, types.join(', '), defaultText(setting), meaning(setting)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What is expected, as messages say it; the choices of an enumeration. */
function typeTexts(schema: z.core.$ZodType): readonly string[] {
  const inner = unwrapSchema(schema);
  const isNullable = z.safeParse(schema, null).success;
  return [...ownTypeTexts(inner), ...(isNullable ? ['or null'] : [])];
}

function ownTypeTexts(schema: z.core.$ZodType): readonly string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map((value) => `\`${String(value)}\``);
  if (filePaths.has(schema)) return ['file'];
  const refused = z.safeParse(schema, undefined);
  return [refused.success ? '' : refused.error.issues[0]!.message];
}

function defaultText(setting: SettingPath): string {
  const [first] = setting.schemas;
  const result = first!.safeParse(undefined);
  if (!result.success) return 'required';
  return `\`${JSON.stringify(result.data)}\``;
}

/** Each format's or task's own words, once. */
function meaning({ schemas }: SettingPath): string {
  return unique(schemas.flatMap((schema) => descriptionOf(schema) ?? [])).join(' ');
}

function descriptionOf(schema: z.core.$ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.description ?? z.globalRegistry.get(unwrapSchema(schema))?.description;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
