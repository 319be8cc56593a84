import { initExperiment, type InitRequest } from '../../api/init-experiment.js';
import { printableName } from '../../text/printable.js';

/** Writes the experiment. @returns what was found, and the next command */
export async function runInit(request: InitRequest): Promise<string> {
  const { path, looksLike, because, task, preprocess, samples, trials, missing, warnings } =
    await initExperiment(request);
  const data =
    samples === null
      ? 'random samples'
      : `${samples.calibration} samples to calibrate, ${samples.evaluation} to evaluate`;
  const lines = [
    `looks like  ${looksLike} (${because})`,
    `data        ${data}`,
    `input       ${preprocess}`,
    `task        ${task}`,
    `trials      ${trials}`,
    ...missing.map((line) => `note        ${line}`),
    ...warnings.map((line) => `warning     ${line}`),
    '',
    `Wrote ${path}. Check the lines marked GUESS, then:`,
    '',
    `  quantsweep plan ${path}`,
  ];
  return `${lines.map((line) => printableName(line, 1000)).join('\n')}\n`;
}
