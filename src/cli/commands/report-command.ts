import type { Argv, CommandModule } from 'yargs';

interface ReportArguments {
  readonly sweep: GivenLists;
  readonly db: string;
  readonly output: string | undefined;
  readonly svg: string | undefined;
  readonly page: GivenLists;
  readonly markdown: string | undefined;
  readonly json: string | undefined;
  readonly force: boolean;
  readonly compare: GivenLists;
  readonly 'compare-sweeps': GivenLists;
}

/** One list, or one for each time that an option was given. */
type GivenLists = readonly string[] | readonly (readonly string[])[];

/** `quantsweep report`: HTML pages of sweeps, their trials and layers, that open offline. */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report [sweep..]',
  describe: 'Write sweeps as HTML pages that open offline',
  builder: buildOptions,
  handler: async ({ sweep, db, page, markdown, json, compare, 'compare-sweeps': compareSweeps, ...files }) => {
    const { writeOutputs } = await import('../../api/outputs/write-outputs.js');
    const { paths, text } = await writeOutputs({
      database: db,
      sweeps: sweep.flat(),
      output: files.output,
      svg: files.svg,
      pages: page.flat(),
      markdown: markdown === '' ? '-' : markdown,
      json: json === '' ? '-' : json,
      force: files.force,
      comparisons: { trials: listsOf(compare), sweeps: inPairs(compareSweeps.flat()) },
    });
    const listing = text === null ? process.stdout : process.stderr;
    for (const path of paths) listing.write(`${path}\n`);
    if (text !== null) process.stdout.write(text);
  },
};

function buildOptions(yargs: Argv<object>): Argv<ReportArguments> {
  return yargs
    .parserConfiguration({ 'flatten-duplicate-arrays': false })
    .positional('sweep', {
      type: 'string',
      array: true,
      default: [] as string[],
      defaultDescription: 'the sweep that ran last',
      describe: 'Names of sweeps',
    })
    .option('db', { type: 'string', default: './quantsweep.db', describe: 'Database file', requiresArg: true })
    .option('output', {
      alias: 'o',
      type: 'string',
      describe: 'Folder for the pages, default reports/<sweep>; or a name ending in .html for the sweep’s page alone',
      requiresArg: true,
    })
    .option('compare', {
      type: 'string',
      array: true,
      default: [] as string[],
      defaultDescription: 'the best against its unsmoothed counterpart',
      describe:
        'Two trials or more to compare on a page of their own, by number, key, label or best; the others are tested against the first and may be from other sweeps. Repeatable',
      requiresArg: true,
    })
    .option('compare-sweeps', {
      type: 'string',
      array: true,
      nargs: 2,
      default: [] as string[],
      defaultDescription: 'none',
      describe: 'Two sweeps to compare on a page of their own; they become part of the report. Repeatable',
    })
    .option('svg', { type: 'string', describe: 'Folder for each chart as a static SVG', requiresArg: true })
    .option('page', {
      type: 'string',
      array: true,
      default: [] as string[],
      defaultDescription: 'the sweep’s own',
      describe:
        'With --svg: pages whose charts are drawn, as their files are called: index, trial-7, layer-3, compare-7-2',
      requiresArg: true,
    })
    .option('markdown', {
      type: 'string',
      describe: 'Summary for a pull request: a file ending in .md, or - (or no value) for standard output',
    })
    .option('json', {
      type: 'string',
      describe: 'Answer and data: a file ending in .json, or - (or no value) for standard output',
    })
    .option('force', { type: 'boolean', default: false, describe: 'Overwrite files that quantsweep did not write' })
    .epilogue('With --svg, --markdown or --json, pages are written only if --output is given.')
    .example('$0 report', 'the latest sweep, its trials and its layers, to reports/<sweep>/')
    .example('$0 report one two -o reports/both', 'two sweeps with an index')
    .example('$0 report demo --compare best 7', 'with a page that compares the best trial with trial 7')
    .example('$0 report demo --compare best 7 9 12', 'with a page that sets four trials side by side')
    .example('$0 report --compare-sweeps one two -o reports/both', 'with a page that compares two sweeps')
    .example('$0 report demo -o demo.html', 'the page of one sweep alone, in one file')
    .example('$0 report demo --svg figures', 'its charts for a paper')
    .example('$0 report demo --markdown', 'a summary to paste into a pull request');
}

/** The lists of an option that may be given again: yargs makes one of them a plain list. */
function listsOf(given: GivenLists): readonly (readonly string[])[] {
  const lists = given.filter((item) => typeof item !== 'string');
  return lists.length > 0 ? lists : given.length > 0 ? [given as readonly string[]] : [];
}

/** Words two by two, as an option with two values that may be given again collects them. */
function inPairs(words: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: words.length / 2 }, (_, index) => [words[2 * index]!, words[2 * index + 1]!] as const);
}
