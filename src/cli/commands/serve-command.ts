import type { CommandModule } from 'yargs';
import { ExitCode } from '../exit-code.js';
import { UsageError } from '../../errors/usage-error.js';

interface ServeArguments {
  readonly sweep: readonly string[];
  readonly db: string;
  readonly port: number | undefined;
  readonly host: string;
  readonly 'allow-remote': boolean;
}

/** `quantsweep serve`: the report in a browser, following the database while sweeps run. */
export const serveCommand: CommandModule<object, ServeArguments> = {
  command: 'serve [sweep..]',
  describe: 'Serve the report to a browser, updated while a sweep runs',
  builder: (yargs) =>
    yargs
      .positional('sweep', {
        type: 'string',
        array: true,
        default: [] as string[],
        defaultDescription: 'all sweeps',
        describe: 'Names of sweeps; they may start later',
      })
      .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
      .option('port', {
        type: 'number',
        requiresArg: true,
        defaultDescription: '8377, or the next free one',
        describe: 'Port to listen on; 0: any free one',
      })
      .option('host', {
        type: 'string',
        default: '127.0.0.1',
        requiresArg: true,
        describe: 'Address to listen on; one that other machines can reach needs --allow-remote',
      })
      .option('allow-remote', {
        type: 'boolean',
        default: false,
        describe: 'Let other machines read the whole database, without a password',
      })
      .epilogue('It only reads: neither the database nor a running sweep is affected. Ctrl-C ends it.')
      .example('$0 serve', 'all sweeps; start it before, during or after `quantsweep run`')
      .example('$0 serve demo --db results.db --port 9000', 'one sweep, another database and port'),
  handler: async ({ sweep, db, port, host, 'allow-remote': allowRemote }) => {
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      throw new UsageError(`Expected a port from 0 to 65535 for --port, got ${port}.`);
    }
    const { serveDatabase } = await import('../../serve/serve-database.js');
    const warn = (text: string): void => void process.stderr.write(`quantsweep: ${text}\n`);
    const { url } = await serveDatabase({ database: db, sweeps: [...new Set(sweep)], host, port, allowRemote, warn });
    process.stdout.write(`${url}\nThe report of ${db}, read-only; Ctrl-C ends it.\n`);
    endAtOnce();
  },
};

/**
 * Signals end a process by themselves, even in the middle of making a page, and a reader leaves
 * nothing to put in order. Only the first process of a container has to ask for it.
 */
function endAtOnce(): void {
  if (process.pid !== 1) return;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(ExitCode.interrupted));
}
