import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';

import type { Argv, CommandModule } from 'yargs';

import { findNamedQuery, namedQueries, type NamedQuery } from '../store/named-queries.js';
import { openQueries, type QueryConnection, type QueryResult } from '../store/query-database.js';
import { formatRows, rowFormats, type RowFormat } from './format-rows.js';
import {
  bindDeclared,
  bindOwn,
  isTextLikeNumber,
  parseParameters,
  type GivenParameter,
  type ParameterValues,
} from './query-parameters.js';
import { pickSweep } from './read-database.js';
import { UsageError } from './usage-error.js';

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
  describe: 'Ask the database with SQL, or one of the named queries',
  builder: buildOptions,
  handler: async (args) => {
    await writeStdout(await runQueryCommand(args));
  },
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

async function runQueryCommand(args: QueryArguments): Promise<string> {
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  if (args.list) return formatRows(listQueries(), args.format, width);
  const named = args.name === undefined ? null : requireNamedQuery(args.name);
  const sql = named?.sql ?? (await readSql(args));
  if (named !== null && (args.sql !== undefined || args.file !== undefined)) {
    throw new UsageError(`Expected either --name or SQL, got both. Leave one out.`);
  }
  const given = parseParameters(args.param);
  const connection = openQueries(args.db);
  try {
    const result = connection.query(sql, bindParameters(connection, given, named));
    return formatRows(result, args.format, width);
  } finally {
    connection.close();
  }
}

function requireNamedQuery(name: string): NamedQuery {
  const query = findNamedQuery(name);
  if (query !== undefined) return query;
  throw new UsageError(
    `Expected one of the named queries ${namedQueries.map((known) => known.name).join(', ')}; got "${name}".`,
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

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
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
): ParameterValues {
  const latest = connection.query('SELECT sweep FROM v_sweep ORDER BY updated_at DESC LIMIT 1').rows[0]?.[0] ?? null;
  if (named !== null) return { sweep: latest, ...bindNamed(connection, given, named) };
  for (const parameter of given.filter(isTextLikeNumber)) {
    const { name, text } = parameter;
    process.stderr.write(`note: --param ${name}=${text} is text; --param ${name}:=${text} gives the number.\n`);
  }
  return { sweep: latest, ...Object.fromEntries(given.map((parameter) => [parameter.name, bindOwn(parameter)])) };
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

/** Resolves when the text is handed over. A closed pipe (`| head`) is the concern of `main`, which listens for it. */
function writeStdout(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
