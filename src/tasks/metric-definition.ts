/** What a value in the results is, for everything that shows it. */
export interface MetricDefinition {
  /** As people call it: `mAP@[.50:.95]`. */
  readonly title: string;
  /** A sentence that says how it is computed, and by whose definition. */
  readonly definition: string;
  /** `fraction`: 0 to 1. `ratio`: from 0, may pass 1. */
  readonly unit: 'fraction' | 'dB' | 'ratio' | 'number';
  readonly better: 'higher' | 'lower';
  /** The share of samples that are right: written in percent. Absent: it is none. */
  readonly countsSamples?: boolean;
}

/** By the name of the metric in results. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;
