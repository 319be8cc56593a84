import type { TargetName } from '../../targets/registry.js';
import type { Goal } from '../file/goal-schema.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import type { DataSettings } from './data.js';
import type { GateSettings } from './gate.js';
import type { LayerSettings } from './layers.js';
import type { LossSettings } from './loss.js';
import type { MeasureSettings } from './measure.js';
import type { ModelSettings } from './model.js';
import type { QuantizationSettings } from './quantization.js';
import type { RunSettings } from './run.js';
import type { SearchSettings } from './search.js';
import type { SmoothingSettings } from './smoothing.js';

export type { CalibrationSettings, EvaluationSettings } from './data.js';
export type { LayerRule } from './layers.js';
export type { ActivationQuantizerSettings, Execution, WeightQuantizerSettings } from './quantization.js';
export type { OptimizationLevel, ProviderRequest } from './run.js';
export type { SearchObjective } from './search.js';
export type {
  GateSettings,
  LayerSettings,
  LossSettings,
  MeasureSettings,
  ModelSettings,
  QuantizationSettings,
  RunSettings,
  SearchSettings,
};

/**
 * Everything a trial depends on, plain JSON. `run` settings (provider, slots, ...) are not here:
 * they must not change results. An axis of the grid is a dotted path into it, e.g.
 * `smoothing.alpha`.
 */
export interface Settings {
  readonly model: ModelSettings;
  readonly data: DataSettings;
  readonly task: TaskSettings;
  /** Absent: `layers-only`. */
  readonly target?: TargetName;
  readonly layers: LayerSettings;
  readonly quantization: QuantizationSettings;
  readonly smoothing: SmoothingSettings;
  readonly search: SearchSettings;
  readonly loss: LossSettings;
  readonly gate: GateSettings;
}

export type BaselineRole = 'fp32' | 'unsmoothed';
/** `sensitivity`: of one layer, to learn from; never a setting to choose. */
export type TrialRole = BaselineRole | 'candidate' | 'sensitivity';

/** One trial before content keys: its role, its full settings, and the axis values that made it. */
export interface ExpandedTrial {
  readonly role: TrialRole;
  readonly settings: Settings;
  /** Dotted path -> value, for the axes of the block that the trial came from. */
  readonly axes: Readonly<Record<string, unknown>>;
}

/** Where the settings of trials were written. */
export interface SettingPlaces {
  /**
   * `a.yaml:12:5: grid[3], trial with layers.keepFloat 2: ` for a message about a setting; without
   * what is not known.
   *
   * @param section the trial's own object of the section
   * @param path inside the section
   * @param axes of the trial
   */
  prefix(section: object, path: readonly string[], axes: Readonly<Record<string, unknown>>): string;
}

/** A loaded, validated experiment file. */
export interface Experiment {
  readonly name: string;
  /** The question that the sweep answers, shown first in the report; null without. */
  readonly question: string | null;
  /** What the recommendation is to be by; null, or absent, without. */
  readonly goal?: Goal | null;
  readonly path: string;
  /** The file's text as read. */
  readonly yaml: string;
  readonly run: RunSettings;
  /** What is measured of speed when the trials are done; absent: nothing. */
  readonly measure?: MeasureSettings;
  /** Trials in the order baselines, then grid; none twice. */
  readonly trials: readonly ExpandedTrial[];
  /** Dotted paths of all axes of the grid, in order of appearance. */
  readonly axisPaths: readonly string[];
  /** Lines for people: settings that were written and have no effect. */
  readonly notes?: readonly string[];
  /**
   * Where the settings of trials were written, for messages about them; absent where that is not
   * known.
   */
  readonly sources?: SettingPlaces;
}
