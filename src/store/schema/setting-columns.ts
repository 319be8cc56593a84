import type Database from 'better-sqlite3';

import type { TrialSettings } from '../../experiment/sections/canonical-settings.js';
import type { Column } from '../../experiment/sections/section.js';
import { sectionNames, sections } from '../../experiment/sections/sections.js';
import { RowNumbers } from '../write/row-numbers.js';

export type SettingColumn = Column<TrialSettings>;

/** The columns of table `trial` that hold single settings: those that the sections declare. */
export const settingColumns: readonly SettingColumn[] = sectionNames.flatMap((name) => sections[name].columns ?? []);

/** What the column holds for a trial. Throws `NonFiniteStoreError` for NaN and infinities. */
export function settingValue({ name, value }: SettingColumn, settings: TrialSettings): string | number | null {
  const own = value(settings) ?? null;
  if (typeof own === 'boolean') return Number(own);
  return typeof own === 'number' ? new RowNumbers('trial').finite(name, own) : own;
}

/** Whether table `trial` has all of the columns. */
export function hasColumns(database: Database.Database, columns: readonly SettingColumn[]): boolean {
  return missingColumns(database, columns).length === 0;
}

function missingColumns(database: Database.Database, columns: readonly SettingColumn[]): readonly SettingColumn[] {
  const present = new Set(database.prepare(`SELECT name FROM pragma_table_info('trial')`).pluck().all());
  return columns.filter(({ name }) => !present.has(name));
}

/**
 * Adds the columns that table `trial` lacks, and fills them for the trials that are there from
 * their stored settings. Nothing else of a trial changes. To be called in a transaction.
 */
export function addMissingColumns(database: Database.Database, columns: readonly SettingColumn[]): void {
  for (const column of missingColumns(database, columns)) {
    database.exec(`ALTER TABLE trial ADD COLUMN ${column.name} ${column.type}`);
    const update = database.prepare(`UPDATE trial SET ${column.name} = ? WHERE id = ?`);
    const trials = database.prepare('SELECT id, settings FROM trial').all() as readonly {
      readonly id: number;
      readonly settings: string;
    }[];
    for (const { id, settings } of trials) update.run(storedSetting(column, settings), id);
  }
}

/**
 * What the column holds for a trial of these stored settings (JSON). Null where an early version
 * stored settings without the part that the column is of.
 */
export function storedSetting(column: SettingColumn, settings: string): string | number | null {
  try {
    return settingValue(column, JSON.parse(settings) as TrialSettings);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
