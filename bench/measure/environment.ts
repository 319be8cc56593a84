import { loadavg } from 'node:os';
import { describeEnvironment } from '../../src/prepare/environment.js';
import type { EnvironmentRecord } from '../../src/records/machine-record.js';
import { benchSize, type Size } from './size.js';

/** Where and how a benchmark was run. */
export interface BenchEnvironment extends EnvironmentRecord {
  readonly size: Size;
  /**
   * Processes that wanted a core in the minute before: more than a few tenths, and others were at
   * work.
   */
  readonly load: number;
}

/** Says what is measured and where, in two lines, and returns the second in full. */
export function sayEnvironment(what: string): BenchEnvironment {
  const environment = { ...describeEnvironment(), size: benchSize(), load: loadavg()[0]! };
  const { cpuModel, cpuCores, nodeVersion, onnxruntimeVersion, size, load } = environment;
  console.log(what);
  console.log(
    `${cpuCores} cores (${cpuModel}), Node ${nodeVersion}, onnxruntime ${onnxruntimeVersion}; size ${size}, load before ${load.toFixed(1)}`,
  );
  return environment;
}
