import type { z } from 'zod';
import type { RunSettings } from './run.js';

/**
 * One section of an experiment file: everything about its settings but what they do. Messages, the
 * JSON Schema, the tables of docs/EXPERIMENTS.md, the axes of a grid, canonical settings and the
 * columns of table `trial` follow from it.
 *
 * @typeParam Written the validated sections, in the shape of the file, that its rules and checks
 *   look into
 * @typeParam Trial the canonical settings that its columns are read from
 */
export interface Section<Written, Trial> {
  /**
   * Its settings with defaults and descriptions. The message of a leaf is what is expected there.
   */
  readonly schema: z.ZodType;
  /** When settings have no effect. Default: they always have. */
  readonly idle?: readonly IdleRule<Written & { readonly run: Pick<RunSettings, 'optimizationLevel'> }>[];
  /** What must hold between its settings and those of other sections. */
  readonly checks?: readonly Check<Written>[];
  /**
   * Columns of table `trial` that hold its settings. A column that a database lacks is added when
   * it is opened.
   */
  readonly columns?: readonly Column<Trial>[];
}

/** When one setting has no effect. */
export interface IdleRule<Written> {
  /** Dotted path inside the section. */
  readonly path: string;
  /**
   * What makes it idle in a trial, e.g. `beside smoothing.mode static`; null where it has an
   * effect.
   */
  readonly idleBeside: (settings: Written) => string | null;
  /** A value that asks for nothing, so that writing it where it has no effect is no mistake. */
  readonly off?: unknown;
}

/**
 * An idle setting that takes one value in canonical settings, so that equal work has equal keys.
 */
export interface FixedWhereIdle<Written> extends IdleRule<Written> {
  readonly fixedAt: unknown;
  /**
   * Labels of trials show the fixed value, as stored ones do. Default: they leave the setting out.
   */
  readonly isLabelled?: boolean;
}

/** What is wrong with a section whose settings are each right by themselves. */
export interface Finding {
  /** Dotted path inside the section of the setting to blame. */
  readonly path: string;
  /** e.g. `expected 0 beside layers.sensitivity only, got 2`. */
  readonly text: string;
}

/** Null where nothing is wrong. The setting to blame was written out: defaults fit each other. */
export type Check<Written> = (settings: Written) => Finding | null;

/** One column of table `trial`. */
export interface Column<Trial> {
  readonly name: string;
  readonly type: 'INTEGER' | 'REAL' | 'TEXT';
  /**
   * Null, or undefined, where the trial does not depend on the setting. A boolean is stored as 0 or
   * 1.
   */
  readonly value: (trial: Trial) => string | number | boolean | null | undefined;
}
