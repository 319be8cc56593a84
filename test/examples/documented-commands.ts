import { parseAllDocuments } from 'yaml';

/** A command of the program as a document or an example gives it. */
export interface DocumentedCommand {
  /** e.g. `agent` */
  readonly command: string;
  /** e.g. `--broker` */
  readonly options: readonly string[];
}

/** Commands in the code blocks of a Markdown text. */
export function commandsOfMarkdown(text: string): readonly DocumentedCommand[] {
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, script]) => commandsOfScript(script!));
}

/** Commands in a shell script. */
export function commandsOfScript(script: string): readonly DocumentedCommand[] {
  const lines = script.replaceAll(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const found = /(?<![\w/.-])quantsweep ([a-z]+)\b(.*)/.exec(line.replace(/^\s*#.*/, ''));
    return found === null ? [] : [documented(found[1]!, found[2]!.split(/\s+/))];
  });
}

/** Arguments of containers: lists that begin with a command of the program. */
export function commandsOfYaml(text: string): readonly DocumentedCommand[] {
  const of = (value: unknown): readonly DocumentedCommand[] => {
    if (typeof value !== 'object' || value === null) return [];
    if (!Array.isArray(value)) return Object.values(value).flatMap(of);
    const [first, ...rest] = value as unknown[];
    if (first === 'run' || first === 'agent') return [documented(first, rest.map(String))];
    return value.flatMap(of);
  };
  return parseAllDocuments(text, { merge: true }).flatMap((document) => of(document.toJS()));
}

function documented(command: string, words: readonly string[]): DocumentedCommand {
  const options = words.flatMap((word) => /^"?(--[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  return { command, options: [...new Set(options)] };
}
