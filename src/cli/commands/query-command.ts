import { readFileSync, statSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';

import type { Argv, CommandModule } from 'yargs';

import { namedQueries, type NamedQuery } from '../../store/query/named-queries.js';
import type { QueryConnection, QueryResult } from '../../store/query/query-database.js';
import { sweepNames } from '../../store/read/sweep-names.js';
import { rowFormats, rowTexts, type RowFormat } from '../query/format-rows.js';
import {
  bindDeclared,
  bindOwn,
  isTextLikeNumber,
  parseParameters,
  type GivenParameter,
  type ParameterValues,
} from '../query/query-parameters.js';
import { pickSweep } from '../../api/pick-sweep.js';
import { requireNamedQuery } from '../../api/require-named-query.js';
import { UsageError } from '../../errors/usage-error.js';
import { writeStdout } from '../query/write-stdout.js';

interface QueryArguments {
  readonly sql: string | undefined;
  readonly file: string | undefined;
  readonly name: string | undefined;
  readonly list: boolean;
  readonly db: string;
  readonly format: RowFormat;
  readonly param: readonly string[];
}

/** `quantsweep query`: SQL over the views of a database that is opened for reading only. */
export const queryCommand: CommandModule<object, QueryArguments> = {
  command: 'query [sql]',
  describe: 'Query the database with SQL, or run a named query',
  builder: buildOptions,
  handler: runQueryCommand,
};

function buildOptions(yargs: Argv<object>): Argv<QueryArguments> {
  return yargs
    .positional('sql', { type: 'string', describe: 'One SELECT; - reads it from the standard input' })
    .option('db', { type: 'string', default: './quantsweep.db', describe: 'Database file', requiresArg: true })
    .option('file', { type: 'string', describe: 'Read the SQL from a file', requiresArg: true })
    .option('name', { type: 'string', describe: 'Run a named query', requiresArg: true })
    .option('list', { type: 'boolean', default: false, describe: 'List the named queries and their parameters' })
    .option('param', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [] as string[],
      describe: 'name=value for :name in the SQL; name:=value is a number. :sweep is the latest sweep unless given',
    })
    .option('format', { choices: rowFormats, default: 'table' as const, describe: 'Output format' })
    .example('$0 query --name best', 'the best settings of the latest sweep')
    .example('$0 query "SELECT layer, l1 FROM v_layer_loss WHERE trial = 7 ORDER BY l1 DESC"', 'any SQL over the views')
    .example('$0 query --name worst-layers --param trial=7 --format csv', 'a parameter, and CSV for a spreadsheet');
}

async function runQueryCommand(args: QueryArguments): Promise<void> {
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  if (args.list) {
    await writeStdout(rowTexts(listQueries(), args.format, width));
    return;
  }
  const named = args.name === undefined ? null : requireNamedQuery(args.name);
  const sql = named?.sql ?? (await readSql(args));
  if (named !== null && (args.sql !== undefined || args.file !== undefined)) {
    throw new UsageError(`Expected either --name or SQL, got both. Leave one out.`);
  }
  const given = parseParameters(args.param);
  // Only here: a SQLite that does not load must not keep the other commands, and their messages,
  // from loading.
  const { readDatabase } = await import('../../api/read-database.js');
  await readDatabase(
    args.db,
    async (connection) => {
      const stream = connection.stream(sql, bindParameters(connection, given, named, sql));
      await writeStdout(rowTexts(stream, args.format, width));
    },
    'given',
  );
}

async function readSql({ sql, file }: QueryArguments): Promise<string> {
  if (sql !== undefined && file !== undefined) throw new UsageError('Expected SQL or --file, got both. Leave one out.');
  if (file !== undefined) return readFile(file);
  // yargs turns a lone dash into an empty text.
  const asked = sql === '-' || sql === '';
  if (sql !== undefined && !asked) return sql;
  if (!asked && process.stdin.isTTY) {
    throw new UsageError(
      'Expected SQL, --file, --name or SQL on the standard input, got none. quantsweep query --list lists the named queries.',
    );
  }
  return readText(process.stdin);
}

/**
 * Pipes that a shell opens for the command (`--file <(...)`); a named one may never be written to.
 */
const openedPipe = /^\/(dev\/(fd\/|stdin$)|proc\/)/;

function readFile(path: string): string {
  try {
    const isFile = statSync(path).isFile() || openedPipe.test(path);
    if (!isFile)
      throw new UsageError(
        `Expected a file with SQL, got a folder, pipe or device: ${path}. Give SQL on the standard input as -.`,
      );
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `Can't read the SQL file ${path}: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
}

/** What is given, the defaults of a named query, and the latest sweep for `:sweep`. */
function bindParameters(
  connection: QueryConnection,
  given: readonly GivenParameter[],
  named: NamedQuery | null,
  sql: string,
): ParameterValues {
  const latest = sweepNames(connection)[0] ?? null;
  if (named !== null) return { sweep: latest, ...bindNamed(connection, given, named) };
  given.forEach((parameter) => {
    requireInSql(parameter, sql);
  });
  for (const parameter of given.filter(isTextLikeNumber)) {
    const { name, text } = parameter;
    process.stderr.write(`note: --param ${name}=${text} is text; --param ${name}:=${text} gives the number.\n`);
  }
  return { sweep: latest, ...Object.fromEntries(given.map((parameter) => [parameter.name, bindOwn(parameter)])) };
}

/**
 * A misspelt name would be bound to nothing, and `:sweep` would stay the latest sweep: another
 * answer than was asked for.
 */
function requireInSql({ name }: GivenParameter, sql: string): void {
  if (new RegExp(`[:@$]${name}\\b`).test(sql)) return;
  throw new UsageError(`Expected :${name} in the SQL for --param ${name}, found none. Check the spelling of both.`);
}

function bindNamed(connection: QueryConnection, given: readonly GivenParameter[], named: NamedQuery): ParameterValues {
  const types = new Map(named.parameters.map(({ name, type }) => [name, type]));
  const values = given.map((parameter) => {
    const { name, text } = parameter;
    if (name === 'sweep') return [name, pickSweep(connection, text)] as const;
    const type = types.get(name);
    if (type !== undefined) return [name, bindDeclared(parameter, type)] as const;
    const known = ['sweep', ...types.keys()].join(', ');
    throw new UsageError(`Expected a parameter of ${named.name} (${known}), got "${name}".`);
  });
  const defaults = named.parameters.map(({ name, default: value }) => [name, value] as const);
  return Object.fromEntries([...defaults, ...values]);
}

function listQueries(): QueryResult {
  const rows = namedQueries.map(({ name, about, parameters }) => [
    name,
    about,
    parameters.map((parameter) => `${parameter.name}: ${parameter.about}`).join('; '),
  ]);
  return { columns: ['name', 'about', 'parameters'], rows };
}
