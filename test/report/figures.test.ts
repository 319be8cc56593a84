import type { Database } from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { amaxConvergence } from '../../src/report/figures/sweep/amax-convergence.js';
import { quantizedLayers } from '../../src/report/figures/sweep/quantized-layers.js';
import type { Figure } from '../../src/report/figures/figure.js';
import type { Row } from '../../src/report/query.js';
import { toRows } from '../../src/report/query.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import type { Sample, SampleDatabase } from './sample-database.js';
import { sampleDatabase } from './sample-database.js';

const name = 'smoothquant-alpha';
let database: SampleDatabase;

afterEach(() => {
  database.remove();
});

/** The sample sweep (ids from 1000) with a change made to it. */
function changed(change: (tables: Database) => void, sample: Partial<Sample> = {}): void {
  database = sampleDatabase(sample);
  const tables = openDatabase(database.path);
  change(tables);
  tables.close();
}

function built(figure: Figure): {
  readonly rows: readonly Row[];
  readonly text: string;
  /** Of a table. */
  readonly cells?: readonly (readonly string[])[];
} {
  const facts = readSweepFacts(database.query, name)!;
  const rows = toRows(database.query(figure.sql(facts), []));
  const content = figure.build(rows, facts);
  const text = content.kind === 'absent' ? content.note : `${content.caption} ${content.details ?? ''}`.trim();
  if (content.kind !== 'table') return { rows, text };
  return { rows, text, cells: rows.map((row) => content.columns.map((column) => column.text(row))) };
}

/** A second observe stage of the sweep over the given model, to so many batches, with one layer. */
function addPass(tables: Database, model: number, layer: number, batches: number): void {
  tables.exec(`INSERT INTO stage (id, key, kind, status, model_id, settings) VALUES (9000, 'pass', 'observe', 'done', ${model}, '{}');
    INSERT INTO sweep_stage (sweep_id, stage_id) VALUES (1000, 9000);
    INSERT INTO observation (id, stage_id, batches, samples, result) VALUES (9001, 9000, 1, 4, x''), (9002, 9000, ${batches}, ${4 * batches}, x'');
    INSERT INTO amax_snapshot (observation_id, layer_id, amax) VALUES (9001, ${layer}, 50), (9002, ${layer}, 100);`);
}

describe('the convergence of amax', () => {
  it('is that of the best setting’s model where the sweep has several, and says so', () => {
    changed((tables) => {
      // The other model's layer has the position and name of the first: nothing but the model tells
      // them apart.
      tables.exec(`INSERT INTO model (id, sha256, name, path, size_bytes, opset, parameters) SELECT 9000, 'other', 'other.onnx', path, size_bytes, opset, parameters FROM model WHERE id = 1000;
        INSERT INTO layer (id, model_id, position, name, op, input_tensor, output_tensor, weight_shape, groups, input_channels, output_channels, batch_norm, unsupported) SELECT 9000, 9000, position, name, op, input_tensor, output_tensor, weight_shape, groups, input_channels, output_channels, batch_norm, unsupported FROM layer WHERE id = 1000;`);
      addPass(tables, 9000, 9000, 2000);
    });
    const { rows, text } = built(amaxConvergence);
    expect(new Set(rows.map((row) => row['model']))).toEqual(new Set(['cifar10-mobilenetv2-skewed.onnx']));
    expect(rows.filter((row) => row['position'] === 0).map((row) => row['batches'])).toEqual([
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500,
    ]);
    expect(rows.some((row) => Number(row['amax']) >= 50)).toBe(false);
    expect(text).toContain(
      'Of the 2 calibration passes over 2 models of the sweep, this is the longest of cifar10-mobilenetv2-skewed.onnx, the model of the best setting.',
    );
  });

  it('is that of the longest pass over one model, with shares of its own largest', () => {
    changed((tables) => {
      addPass(tables, 1000, 1000, 2000);
    });
    const { rows, text } = built(amaxConvergence);
    expect(rows.map((row) => [row['batches'], row['amax'], row['share_of_largest']])).toEqual([
      [1, 50, 0.5],
      [2000, 100, 1],
    ]);
    expect(text).toContain('Of the 2 calibration passes of the sweep, this is the longest');
  });

  it('says nothing of passes where there is one', () => {
    changed(() => undefined);
    expect(built(amaxConvergence).text).not.toContain('passes');
  });
});

describe('what was quantized', () => {
  it('counts the layers, and names those that stayed float with their reason', () => {
    changed((tables) => {
      tables.exec(`DELETE FROM smoothing WHERE layer_id IN (1001, 1002, 1003);
        UPDATE layer SET op = 'ConvTranspose', name = 'up1/up' WHERE id = 1001;
        UPDATE layer SET unsupported = 'its weight holds NaN or an infinity', name = 'bad' WHERE id = 1002;
        UPDATE layer SET name = 'head' WHERE id = 1003;
        UPDATE trial SET settings = json_set(settings, '$.layers', json('{"ops":["Conv"],"include":["*"],"exclude":["head"]}'));`);
    });
    const label = readSweepFacts(database.query, name)!.best!.label;
    const { text, cells } = built(quantizedLayers);
    expect(text).toBe(`${label}: 9 of 12 layers quantized.`);
    expect(cells?.slice(1).map(([layers, weight, input, which]) => [layers, weight, input, which])).toEqual([
      ['1 ConvTranspose 3x3', 'float: not in layers.ops', 'float', 'up1/up'],
      ['1 Conv 3x3', 'float: its weight holds NaN or an infinity', 'float', 'bad'],
      ['1 Conv 3x3', 'float: excluded by layers.include, exclude, rules or keepFloat', 'float', 'head'],
    ]);
    expect(cells?.[0]?.[0]).toBe('9 Conv 3x3');
  });

  it('has one line where all layers are alike, and none before a setting has finished', () => {
    changed(() => undefined);
    const { text, cells } = built(quantizedLayers);
    expect(text).toMatch(/: 12 of 12 layers quantized\.$/);
    expect(cells).toHaveLength(1);
    database.remove();
    changed(() => undefined, { pending: 43 });
    expect(built(quantizedLayers).text).toBe('Unknown until the first setting finishes.');
  });

  it('sets apart layers with other bits and those that convolve in groups', () => {
    changed((tables) => {
      tables.exec(`UPDATE quantizer SET bits = 4, signed = 0 WHERE role = 'input' AND layer_id = 1001;
        UPDATE quantizer SET granularity = 'channel' WHERE role = 'weight' AND layer_id = 1002;
        UPDATE layer SET groups = 16 WHERE id = 1002;`);
    });
    const { cells } = built(quantizedLayers);
    expect(cells?.map(([layers, weight, input]) => [layers, weight, input])).toEqual([
      ['10 Conv 3x3', 'int8 per tensor', 'int8'],
      ['1 Conv 3x3', 'int8 per tensor', 'uint4'],
      ['1 Conv 3x3, in groups', 'int8 per channel', 'int8'],
    ]);
  });

  it('names eight layers of a group and counts the rest', () => {
    changed((tables) => tables.exec('DELETE FROM smoothing WHERE layer_id > 1000'), {
      layers: Array.from({ length: 30 }, (_, index) => `conv${index}`),
    });
    const { text, cells } = built(quantizedLayers);
    expect(text).toMatch(/: 1 of 30 layers quantized\.$/);
    expect(cells?.[1]?.[3]).toMatch(/^conv1, conv2, .*conv8, and 21 more$/);
  });
});

it('comparisons against another best than the report’s are left out', () => {
  changed((tables) =>
    tables.exec(`UPDATE comparison SET other_trial_id = 1001 WHERE against = 'best' AND trial_id = 1000`),
  );
  const { best, comparisons } = readSweepFacts(database.query, name)!;
  const against = comparisons.filter((comparison) => comparison.against === 'best');
  expect(new Set(against.map((comparison) => comparison.otherTrial))).toEqual(new Set([best!.trial]));
  expect(against.some((comparison) => comparison.trial === 1000)).toBe(false);
});
