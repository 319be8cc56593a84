import type { CommandModule } from 'yargs';

interface MigrateArguments {
  readonly db: string;
}

export const migrateCommand: CommandModule<object, MigrateArguments> = {
  command: 'migrate',
  describe: 'Bring the database of an earlier version up to date, keeping a copy',
  builder: (yargs) =>
    yargs
      .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
      .example('$0 migrate --db results.db', 'when no sweep is to be run on it; `run` does the same'),
  handler: async ({ db }) => {
    const { migrateDatabase } = await import('../../api/migrate-database.js');
    const { database, copy } = migrateDatabase(db);
    process.stdout.write(
      `${database} is up to date${copy === null ? '' : `; the file as it was is kept as ${copy}`}.\n`,
    );
  },
};
