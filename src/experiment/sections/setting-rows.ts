import { z } from 'zod';
import { expandRange } from '../grid/decimal-range.js';
import { filePaths } from '../../schema/schema-leaves.js';
import { headerPaths, settingPaths, unwrapSchema } from './setting-paths.js';
import type { SettingPath } from './setting-paths.js';

/**
 * Rows of the tables of docs/EXPERIMENTS.md, `field | type | default | meaning`, by path in the
 * order of the file. None for settings that several formats or tasks describe in words of their
 * own.
 */
export function settingRows(): ReadonlyMap<string, string> {
  const all = [...settingPaths.values(), ...headerPaths.values()];
  return new Map(
    all.flatMap((setting) => {
      const rows = new Set(setting.schemas.map((schema) => rowOf(setting, schema)));
      return rows.size === 1 ? [[setting.path, [...rows][0]!] as const] : [];
    }),
  );
}

function rowOf({ path }: SettingPath, schema: z.ZodType): string {
  const cells = [`\`${path}\``, typeText(schema), defaultText(schema), meaning(schema)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What is expected, as messages say it, or the choices. */
function typeText(schema: z.ZodType): string {
  const own = expectation(unwrapSchema(schema));
  return schema.safeParse(null).success && !own.endsWith(' or null') ? `${own}, or null` : own;
}

function expectation(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodEnum)
    return `list of ${expectation(schema.element)}`;
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${option}\``).join(', ');
  if (schema instanceof z.ZodLiteral) return [...schema.values].map((value) => `\`${String(value)}\``).join(', ');
  if (filePaths.has(schema)) return 'file';
  // Leaves carry their expectation as the message.
  return z.safeParse(schema, undefined).error!.issues[0]!.message.replace(/^an? (?=list|mapping)/, '');
}

function defaultText(schema: z.ZodType): string {
  const result = schema.safeParse(undefined);
  return result.success ? `\`${valueText(result.data)}\`` : 'required';
}

/** A value as YAML has it in one line; many numbers as the range that they are. */
function valueText(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === 'string' ? textOf(value) : JSON.stringify(value);
  const [from, second] = value as [unknown, unknown];
  if (value.length > 4 && typeof from === 'number' && typeof second === 'number') {
    const range = { from, to: value.at(-1) as number, step: Number((second - from).toFixed(12)) };
    if (JSON.stringify(expandRange(range)) === JSON.stringify(value))
      return `{ from: ${from}, to: ${range.to}, step: ${range.step} }`;
  }
  return `[${value.map(valueText).join(', ')}]`;
}

function textOf(value: string): string {
  return /^[\w./-]+$/.test(value) ? value : `'${value}'`;
}

function meaning(schema: z.ZodType): string {
  return schema.description ?? z.globalRegistry.get(unwrapSchema(schema))?.description ?? '';
}
