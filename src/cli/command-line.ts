import { createRequire } from 'node:module';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { completeNames, type TypedArguments } from './complete.js';
import { ExitCode, reportError } from './exit-code.js';
import { agentCommand } from './commands/agent-command.js';
import { agentsCommand } from './commands/agents-command.js';
import { cancelCommand } from './commands/cancel-command.js';
import { doctorCommand } from './commands/doctor-command.js';
import { exportCommand } from './commands/export-command.js';
import { initCommand } from './commands/init-command.js';
import { inspectCommand } from './commands/inspect-command.js';
import { mergeCommand } from './commands/merge-command.js';
import { migrateCommand } from './commands/migrate-command.js';
import { noteCommand } from './commands/note-command.js';
import { planCommand } from './commands/plan-command.js';
import { queryCommand } from './commands/query-command.js';
import { reportCommand } from './commands/report-command.js';
import { runCommand } from './commands/run-command.js';
import { scoreCommand } from './commands/score-command.js';
import { serveCommand } from './commands/serve-command.js';
import { showCommand } from './commands/show-command.js';
import { statusCommand } from './commands/status-command.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

const cli = yargs(hideBin(process.argv))
  .scriptName('quantsweep')
  .usage('$0 <command>\n\nSweeps post-training quantization settings of convolutional ONNX models.')
  .command(initCommand)
  .command(inspectCommand)
  .command(runCommand)
  .command(planCommand)
  .command(statusCommand)
  .command(queryCommand)
  .command(reportCommand)
  .command(serveCommand)
  .command(showCommand)
  .command(noteCommand)
  .command(scoreCommand)
  .command(exportCommand)
  .command(mergeCommand)
  .command(migrateCommand)
  .command(agentCommand)
  .command(agentsCommand)
  .command(cancelCommand)
  .command(doctorCommand)
  .completion(
    'completion',
    'Print a script for bash or zsh that completes commands, options and names of sweeps',
    (current: string, typed: unknown, completeDefaults: () => unknown, done: (names: string[]) => unknown) => {
      void completeNames(current, typed as TypedArguments).then((names) =>
        names === null ? completeDefaults() : done([...names]),
      );
    },
  )
  .demandCommand(1, 'Name a command; `quantsweep --help` lists them.')
  .strict()
  .check(requireOnce)
  .middleware(refuseAfterDashes)
  .recommendCommands()
  .version(version)
  .help()
  .wrap(Math.min(120, process.stdout.isTTY ? process.stdout.columns : 100))
  .epilogue('Exit codes: 0 done, 1 failure, 2 wrong usage or input, 130 stopped by Ctrl-C.')
  .exitProcess(false)
  .fail((message: string | null, error: Error | undefined) => {
    // Thrown so that one place prints it; yargs gives a message for wrong usage, or an error of its
    // own where an option lacks a value, and an error for what a handler threw.
    if (error === undefined || error.name === 'YError')
      throw new CommandLineError(message ?? error?.message ?? 'wrong usage');
    throw error;
  });

/** Options that may be given several times. */
function mayRepeat(name: string): boolean {
  return [
    '_',
    'set',
    'param',
    'tag',
    'compare',
    'compare-sweeps',
    'compareSweeps',
    'page',
    'sweep',
    'databases',
    'data',
    'fetch',
    'predictions',
    'reference',
    'allow-code',
    'allowCode',
  ].includes(name);
}

/** yargs makes a list of an option that is repeated, which would go on as one text. */
function requireOnce(typed: Readonly<Record<string, unknown>>): true {
  for (const [name, value] of Object.entries(typed)) {
    if (Array.isArray(value) && !mayRepeat(name))
      throw new CommandLineError(`Give --${name} once, not ${value.length} times.`);
  }
  return true;
}

/**
 * yargs drops what comes after `--` without a word. The text of a note may have to, as it can begin
 * with a dash.
 */
function refuseAfterDashes({ _: [command, ...after] }: { readonly _: readonly (string | number)[] }): void {
  if (after.length === 0 || command === 'note' || isCompleting) return;
  throw new CommandLineError(`Expected no arguments after --, got ${after.join(' ')}. Leave out the --.`);
}

/** What commands add to the refusal of their arguments. */
const hints: Readonly<Record<string, string>> = {
  note: 'A text of several words goes in quotes, one that begins with - after --: quantsweep note 7 -- "-5 points".\n',
};

/** yargs refused the command line. */
class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** The shell asks for completions: it shows standard output, and errors would only disturb. */
const isCompleting = process.argv.includes('--get-yargs-completions');

let outputFailed = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `quantsweep query ... | head` closes the pipe early: nothing is left to say.
  const isClosed = error.code === 'EPIPE';
  if (!isClosed && !outputFailed) process.stderr.write(`quantsweep: can't write the output: ${error.message}.\n`);
  outputFailed = true;
  // What a sweep finds is in the database: it runs on, to its own exit code.
  if (!['run', 'agent'].includes(process.argv[2] ?? '')) process.exit(isClosed ? ExitCode.done : ExitCode.failure);
});

try {
  await cli.parseAsync();
} catch (error) {
  if (isCompleting) {
    process.exitCode = ExitCode.done;
  } else if (error instanceof CommandLineError) {
    process.stderr.write(`${error.message}\n${hints[process.argv[2] ?? ''] ?? ''}See \`quantsweep --help\`.\n`);
    process.exitCode = ExitCode.usage;
  } else {
    process.exitCode = reportError(error, (text) => process.stderr.write(`${text}\n`));
  }
}
