// One thing of each kind to add: new files (as they lie in additions/), edits of files that are
// there, and a small sweep that uses the new thing. `goal`: files and new folders of src/ that it
// may touch.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const addition = (path) => ({ [path]: readFileSync(new URL(`additions/${path}`, import.meta.url), 'utf8') });
/** The executor of the conformance tests, moved into src/. */
const inProcessExecutor = readFileSync(new URL('../../test/engine/memory-executor.ts', import.meta.url), 'utf8')
  .replaceAll("'../../src/engine/", "'../")
  .replaceAll('MemoryExecutor', 'InProcessExecutor');

const demoModel = fileURLToPath(new URL('../../experiments/demo/bev-demo.onnx', import.meta.url));

/** Eight random samples and one trial; `more` are further lines of YAML. */
function experiment(more, { evaluation, task = 'fidelity', model = demoModel } = {}) {
  const synthetic = (seed) => `{ format: synthetic, shape: [8, 48, 48], seed: ${seed}, count: 8`;
  return [
    'version: 1',
    'name: tried',
    `model: { path: ${JSON.stringify(model)} }`,
    'data:',
    `  calibration: ${synthetic(1)}, batchSize: 4, batches: 2 }`,
    `  evaluation: ${evaluation ?? `${synthetic(2)} }`}`,
    `task: ${task}`,
    'loss: { samples: 4 }',
    'gate: { samples: 4 }',
    'run: { provider: cpu, slots: 1, database: tried.db }',
    more,
    '',
  ].join('\n');
}

const alpha = 'grid: { smoothing.alpha: [0.5] }';

function run({ quantsweep, folder }, text) {
  writeFileSync(join(folder, 'tried.yaml'), text);
  quantsweep('run', 'tried.yaml');
}

function expect(text, part) {
  if (!text.includes(part))
    throw new Error(`expected ${JSON.stringify(part)} in ${JSON.stringify(text.slice(0, 600))}`);
}

const value = ({ quantsweep }, sql) => quantsweep('query', sql, '--db', 'tried.db', '--format', 'csv');

export const recipes = [
  {
    kind: 'a data format',
    goal: 2,
    files: addition('src/formats/ramp/ramp-format.ts'),
    edits: [
      {
        path: 'src/formats/registry.ts',
        find: 'import { syntheticFormat }',
        replace: "import { rampFormat } from './ramp/ramp-format.js';\nimport { syntheticFormat }",
      },
      {
        path: 'src/formats/registry.ts',
        find: '  module: moduleFormat,\n',
        replace: '  module: moduleFormat,\n  ramp: rampFormat,\n',
      },
    ],
    attempt(tools) {
      run(tools, experiment(alpha, { evaluation: '{ format: ramp, count: 8 }' }));
      expect(value(tools, "SELECT value FROM v_setting WHERE setting = 'data.evaluation.format'"), 'ramp');
    },
  },
  {
    kind: 'a task',
    goal: 2,
    files: addition('src/tasks/mean-error/mean-error-task.ts'),
    edits: [
      {
        path: 'src/tasks/registry.ts',
        find: 'import { moduleTask }',
        replace: "import { meanErrorTask } from './mean-error/mean-error-task.js';\nimport { moduleTask }",
      },
      {
        path: 'src/tasks/registry.ts',
        find: '  command: commandTask,\n',
        replace: '  command: commandTask,\n  meanError: meanErrorTask,\n',
      },
    ],
    attempt(tools) {
      run(tools, experiment(alpha, { task: 'meanError' }));
      expect(value(tools, 'SELECT metric FROM v_trial WHERE value > 0.5'), 'meanError');
    },
  },
  {
    kind: 'a calibrator',
    goal: 2,
    files: addition('src/calibrate/calibrators/most-of-max-calibrator.ts'),
    edits: [
      {
        path: 'src/calibrate/calibrators/registry.ts',
        find: 'import { mseCalibrator }',
        replace: "import { mostOfMaxCalibrator } from './most-of-max-calibrator.js';\nimport { mseCalibrator }",
      },
      {
        path: 'src/calibrate/calibrators/registry.ts',
        find: '  mse: mseCalibrator,\n',
        replace: '  mse: mseCalibrator,\n  mostOfMax: mostOfMaxCalibrator,\n',
      },
    ],
    attempt(tools) {
      run(tools, experiment(`${alpha}\nquantization: { activation: { calibrator: mostOfMax } }`));
      expect(value(tools, 'SELECT activation_calibrator FROM v_trial'), 'mostOfMax');
    },
  },
  {
    kind: 'a target',
    goal: 2,
    files: addition('src/targets/definitions/little-chip.ts'),
    edits: [
      {
        path: 'src/targets/registry.ts',
        find: "import { openvino } from './definitions/openvino.js';\n",
        replace:
          "import { littleChip } from './definitions/little-chip.js';\nimport { openvino } from './definitions/openvino.js';\n",
      },
      {
        path: 'src/targets/registry.ts',
        find: '  xnnpack,\n',
        replace: "  xnnpack,\n  'little-chip': littleChip,\n",
      },
    ],
    attempt(tools) {
      run(tools, experiment('grid: { target: [little-chip], smoothing.alpha: [0.5] }'));
      expect(
        value(tools, 'SELECT target, evidence FROM v_deployment WHERE simulated IS NOT NULL'),
        'little-chip,rules',
      );
      expect(value(tools, "SELECT count(*) > 0 AS quantized FROM v_tensor_quantizer WHERE tensor <> ''"), '1');
    },
  },
  {
    kind: 'a smoothing mode',
    goal: 2,
    files: addition('src/smooth/modes/weight-root.ts'),
    edits: [
      {
        path: 'src/smooth/modes/registry.ts',
        find: "import { unsmoothed } from './unsmoothed.js';\n",
        replace: "import { unsmoothed } from './unsmoothed.js';\nimport { weightRoot } from './weight-root.js';\n",
      },
      {
        path: 'src/smooth/modes/registry.ts',
        find: '  cle: crossLayer,\n',
        replace: '  cle: crossLayer,\n  weightRoot,\n',
      },
    ],
    attempt(tools) {
      run(tools, experiment('grid: { smoothing.mode: [static, weightRoot] }'));
      tools.quantsweep('report', 'tried', '--db', 'tried.db', '-o', 'tried.html');
      expect(readFileSync(join(tools.folder, 'tried.html'), 'utf8'), 'square root of the weight');
    },
  },
  {
    kind: 'a plain setting',
    goal: 1,
    edits: [
      {
        path: 'src/experiment/sections/quantization.ts',
        find: "activationSchemes, 'The integers').default('signed'),\n",
        replace:
          "activationSchemes, 'The integers').default('signed'),\n        powerOfTwo: addedLater(flag('Scales are rounded up to powers of two.'), false),\n",
      },
      {
        path: 'src/experiment/sections/quantization.ts',
        find: "  { name: 'weight_bits',",
        replace:
          "  {\n    name: 'activation_power_of_two',\n    type: 'INTEGER',\n    value: ({ quantization }) => quantization && (quantization.activation.powerOfTwo ?? false),\n  },\n  { name: 'weight_bits',",
      },
    ],
    attempt(tools) {
      run(tools, experiment('grid: { quantization.activation.powerOfTwo: [false, true] }'));
      const asked = "SELECT sum(activation_power_of_two) || ' of ' || count(activation_power_of_two) FROM trial";
      expect(value(tools, asked), '2 of 4');
    },
  },
  {
    kind: 'a figure',
    goal: 2,
    files: addition('src/report/figures/sweep/trials-by-role.ts'),
    edits: [
      {
        path: 'src/report/figures/sweep/index.ts',
        find: "import { trialTable } from './trials.js';\n",
        replace: "import { trialsByRole } from './trials-by-role.js';\nimport { trialTable } from './trials.js';\n",
      },
      { path: 'src/report/figures/sweep/index.ts', find: '  inputs,\n', replace: '  inputs,\n  trialsByRole,\n' },
    ],
    attempt(tools) {
      run(tools, experiment(alpha));
      tools.quantsweep('report', 'tried', '--db', 'tried.db', '-o', 'tried.html');
      expect(readFileSync(join(tools.folder, 'tried.html'), 'utf8'), 'candidate: 1, fp32: 1, unsmoothed: 1');
    },
  },
  {
    kind: 'a view',
    goal: 1,
    files: addition('src/store/schema/views/v_settings_count.sql'),
    attempt(tools) {
      run(tools, experiment(alpha));
      expect(value(tools, 'SELECT count(*) FROM v_settings_count WHERE settings > 5'), '3');
    },
  },
  {
    kind: 'an execution engine',
    goal: 1,
    files: { 'src/engine/in-process/in-process-executor.ts': inProcessExecutor },
    attempt(tools) {
      writeFileSync(join(tools.folder, 'tried.yaml'), experiment(alpha));
      const module = (path) => JSON.stringify(pathToFileURL(join(tools.project, 'dist', path)).href);
      const program = [
        `import { loadExperiment, runSweep } from ${module('index.js')};`,
        `import { InProcessExecutor } from ${module('engine/in-process/in-process-executor.js')};`,
        'const executor = (request) => new InProcessExecutor(request);',
        "const { ran, failed } = await runSweep(loadExperiment('tried.yaml'), { executor });",
        'console.log(`${ran} run, ${failed.length} failed`);',
      ];
      expect(tools.node(program.join('\n')), '3 run, 0 failed');
    },
  },
];
