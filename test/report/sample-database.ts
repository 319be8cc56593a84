import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Query } from '../../src/report/query.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { openQueries } from '../../src/store/query/query-database.js';
import { summarizeAllTrials } from '../store/summarize-all-trials.js';
import { SampleWriter } from './sample-writer.js';

/** What a synthetic sweep is like; every field has a default in {@link defaultSample}. */
export interface Sample {
  readonly name: string;
  readonly question: string | null;
  readonly metric: 'top1' | 'mAP';
  readonly fp32: number;
  readonly unsmoothed: number;
  /** Height of the accuracy curve's top. */
  readonly top: number;
  readonly alphas: readonly number[];
  readonly sizes: readonly number[];
  readonly methods: readonly ('channel' | 'view')[];
  readonly weightBits: readonly number[];
  readonly dynamic: boolean;
  readonly baselines: readonly ('fp32' | 'unsmoothed')[];
  readonly layers: readonly string[];
  /**
   * The last so many trials failed, so many before them are pending, and so many before those were
   * stopped early.
   */
  readonly failed: number;
  readonly pending: number;
  readonly stopped: number;
  /** False leaves v_comparison empty. */
  readonly compared: boolean;
  readonly evaluationSamples: number;
  /** What trials are deployed on; empty: nothing is said, as before there were targets. */
  readonly targets: readonly string[];
  /** Batch sizes at which the latency of targets that were run is measured. */
  readonly latency: readonly number[];
  /** As stored with the sweep. */
  readonly goal: { readonly maxDrop: number; readonly minimize: 'latency' | 'size' } | null;
}

/** The main experiment: 43 trials on a small residual network. */
export const defaultSample: Sample = {
  name: 'smoothquant-alpha',
  question: 'Which alpha keeps the most accuracy, does dynamic alpha beat it, and does more calibration pay?',
  metric: 'top1',
  fp32: 0.8642,
  unsmoothed: 0.6131,
  top: 0.8471,
  alphas: Array.from({ length: 19 }, (_, index) => Number((0.05 * (index + 1)).toFixed(2))),
  sizes: [200, 1500],
  methods: ['channel'],
  weightBits: [8],
  dynamic: true,
  baselines: ['fp32', 'unsmoothed'],
  layers: Array.from(
    { length: 12 },
    (_, i) =>
      `/layer${Math.floor(i / 4) + 1}/layer${Math.floor(i / 4) + 1}.${Math.floor((i % 4) / 2)}/conv${(i % 2) + 1}/Conv_output_0`,
  ),
  failed: 0,
  pending: 0,
  stopped: 0,
  compared: true,
  evaluationSamples: 10_000,
  targets: [],
  latency: [],
  goal: null,
};

/** Names as an attacker or a careless person would give them. */
export const hostileName = `<script>alert(1)</script>'"&</script><!--\u2028 \`\${x}\``;

/** The shapes of sweep that every test of the page goes through. */
export const sampleSweeps: readonly Partial<Sample>[] = [
  {},
  { name: 'bev-alpha', metric: 'mAP', fp32: 0.7497, unsmoothed: 0.5123, top: 0.745, evaluationSamples: 2000 },
  { name: 'absmax-method', methods: ['channel', 'view'], question: null, unsmoothed: 0.83 },
  { name: 'far-below', unsmoothed: 0.113 },
  { name: 'incomplete', failed: 3, pending: 5 },
  { name: 'not-begun', pending: 43 },
  { name: 'single', alphas: [0.5], sizes: [100], dynamic: false, baselines: [], compared: false },
  { name: 'bits', weightBits: [8, 4] },
  {
    name: hostileName,
    question: hostileName,
    layers: defaultSample.layers.map(
      (layer, index) => `${hostileName}${layer}${index}${'x'.repeat(index === 3 ? 10_000 : 0)}`,
    ),
    failed: 1,
  },
  { name: 'stopped', stopped: 12, failed: 1 },
  {
    name: 'targets',
    targets: ['layers-only', 'onnxruntime-cpu', 'tensorrt'],
    latency: [1, 8],
    alphas: [0.2, 0.4, 0.6],
    sizes: [200],
    dynamic: false,
    unsmoothed: 0.83,
  },
  {
    name: 'rules-alone',
    targets: ['qnn'],
    alphas: [0.2, 0.4],
    sizes: [200],
    dynamic: false,
    goal: { maxDrop: 0.5, minimize: 'latency' },
  },
];

/** A temporary database with one synthetic sweep for each sample. */
export interface SampleDatabase {
  readonly path: string;
  readonly query: Query;
  readonly remove: () => void;
}

/**
 * Builds a database by the store's own migrations, read through its own queries; the caller removes
 * it.
 */
export function sampleDatabase(...samples: readonly Partial<Sample>[]): SampleDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-report-'));
  const path = join(folder, 'sample.db');
  const database = openDatabase(path);
  database.transaction(() => {
    samples.forEach((sample, index) => {
      new SampleWriter(database, { ...defaultSample, ...sample }, index).write();
    });
  })();
  summarizeAllTrials(database);
  database.close();
  const queries = openQueries(path);
  return {
    path,
    query: (sql) => queries.query(sql),
    remove: () => {
      queries.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
