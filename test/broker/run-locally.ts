import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoModel, quantsweep } from '../cli/command-line.js';
import { faultExperiment } from '../faults/fault-sweep.js';

/** Runs the sweep of a `Rack` in a folder, without a broker; gives its database. */
export async function runLocally(folder: string, experiment = faultExperiment(60)): Promise<string> {
  copyFileSync(demoModel, join(folder, 'model.onnx'));
  writeFileSync(join(folder, 'sweep.yaml'), experiment);
  const { code, stdout, stderr } = await quantsweep(folder, 'run', '--allow-code', 'sweep.yaml');
  if (code !== 0) throw new Error(`Expected the local run to end well; exit code ${code}: ${stdout}${stderr}`);
  return join(folder, 'quantsweep.db');
}
