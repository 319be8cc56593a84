import type Database from 'better-sqlite3';

import { activationHistogramRows, channelHistogramRows } from './activation-histogram.js';
import { compareTrialsRows } from '../comparison/compare-trials-rows.js';
import { expectedInputErrorColumns, expectedInputErrorRows } from './expected-input-error.js';
import type { Bindable } from '../bindable.js';
import {
  axisEffectColumns,
  axisEffectRows,
  axisInteractionColumns,
  axisInteractionRows,
} from '../comparison/axis-effect-rows.js';
import type { Connection } from '../file/connection.js';
import { pairedEffectRows } from '../comparison/paired-effect-rows.js';
import { StoreError } from '../store-error.js';

/** A function of SQL that returns rows. */
interface TableFunction {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly columns: readonly string[];
  /**
   * Rows of cells in the order of the columns, whole numbers as bigints: SQLite takes other numbers
   * as REAL. There is an argument for each parameter, and it is whatever the query gives.
   */
  readonly rows: (connection: Connection, ...args: readonly Bindable[]) => readonly (readonly Bindable[])[];
}

/** Documented in docs/SCHEMA.md, column by column; part of the contract as views are. */
export const tableFunctions: readonly TableFunction[] = [
  {
    name: 'activation_histogram',
    parameters: ['trial', 'layer'],
    columns: ['quantity', 'bin', 'low', 'high', 'count', 'samples'],
    rows: activationHistogramRows,
  },
  {
    name: 'channel_histogram',
    parameters: ['trial', 'layer', 'channel'],
    columns: ['bin', 'low', 'high', 'count', 'samples'],
    rows: channelHistogramRows,
  },
  {
    name: 'compare_trials',
    parameters: ['trial', 'other'],
    columns: [
      'metric',
      'value',
      'other_value',
      'difference',
      'method',
      'p_value',
      'ci_low',
      'ci_high',
      'only_trial',
      'only_other',
      'both',
      'neither',
      'significant',
      'p_relation',
      'replicates',
      'z_score',
    ],
    rows: compareTrialsRows,
  },
  {
    name: 'expected_input_error',
    parameters: ['trial', 'layer'],
    columns: expectedInputErrorColumns,
    rows: expectedInputErrorRows,
  },
  {
    name: 'paired_effect',
    parameters: ['trials', 'others'],
    columns: [
      'metric',
      'pairs',
      'samples',
      'effect',
      'median',
      'low',
      'high',
      'method',
      'ci_low',
      'ci_high',
      'verdict',
    ],
    rows: pairedEffectRows,
  },
  { name: 'axis_effect', parameters: ['sweep'], columns: axisEffectColumns, rows: axisEffectRows },
  { name: 'axis_interaction', parameters: ['sweep'], columns: axisInteractionColumns, rows: axisInteractionRows },
];

/**
 * Makes the {@link tableFunctions} known to a connection that only reads. They see the database
 * through `reader`, since a connection can't run a statement within another; they do nothing but
 * SELECT there, and views and triggers of the file can't call them. A query that leaves out an
 * argument throws {@link StoreError} `bad-query`.
 *
 * @param reader a second connection, opened for reading only, asked for at the first call
 */
export function registerTableFunctions(database: Database.Database, reader: () => Connection): void {
  for (const { name, parameters, columns, rows } of tableFunctions) {
    database.table(name, {
      parameters: [...parameters],
      columns: [...columns],
      directOnly: true,
      *rows(...args) {
        if (args.length < parameters.length || args.includes(undefined)) {
          throw new StoreError(
            'bad-query',
            `Expected ${name}(${parameters.join(', ')}), got a call that lacks an argument. See docs/SCHEMA.md.`,
          );
        }
        for (const row of rows(reader(), ...(args as readonly Bindable[]))) yield [...row];
      },
    });
  }
}
