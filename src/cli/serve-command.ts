import type { CommandModule } from 'yargs';
import { UsageError } from './usage-error.js';

interface ServeArguments {
  readonly db: string;
  readonly port: number | undefined;
  readonly host: string;
  readonly 'allow-remote': boolean;
}

/** `quantsweep serve`: the report in a browser, following the database while sweeps run. */
export const serveCommand: CommandModule<object, ServeArguments> = {
  command: 'serve',
  describe: 'Show the report in a browser and keep it current while a sweep runs',
  builder: (yargs) =>
    yargs
      .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
      .option('port', {
        type: 'number',
        requiresArg: true,
        defaultDescription: '8377, or the next free one',
        describe: 'Port to listen on; 0 takes any',
      })
      .option('host', {
        type: 'string',
        default: '127.0.0.1',
        requiresArg: true,
        describe: 'Address to listen on; one that other machines reach needs --allow-remote',
      })
      .option('allow-remote', {
        type: 'boolean',
        default: false,
        describe: 'Let other machines read the whole database, without a password',
      })
      .example('$0 serve', 'beside a `quantsweep run`, or after it; Ctrl-C ends it')
      .example('$0 serve --db results.db --port 9000', 'another database and port'),
  handler: async ({ db, port, host, 'allow-remote': allowRemote }) => {
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      throw new UsageError(`Expected a port from 0 to 65535 for --port, got ${port}.`);
    }
    const { serveDatabase } = await import('./serve/serve-database.js');
    const warn = (text: string): void => void process.stderr.write(`quantsweep: ${text}\n`);
    const serving = await serveDatabase({ database: db, host, port, allowRemote, warn });
    if (serving.isRemote) {
      warn(
        `warning: ${serving.address} can be reached from other machines. There is no password and no encryption: whoever reaches it can read everything in ${db}.`,
      );
    }
    process.stdout.write(`${serving.url}\nThe report of ${db}, for reading; Ctrl-C ends it.\n`);
    await stopped();
    await serving.close();
  },
};

/** Resolves at the first Ctrl-C or SIGTERM, which is how serving ends. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
}
