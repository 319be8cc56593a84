import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Alias, Document, Node, Pair } from 'yaml';
import { ExperimentError, describeValue } from '../experiment-error.js';
import type { Place } from '../experiment-error.js';
import { findYamlExcess } from './find-yaml-excess.js';
import type { LocatedEntry, LocatedNode } from './located-node.js';

// Bounds on what a small text can grow to by aliases or in memory, and on nesting.
const mostNodes = 100_000;
const mostAliases = 1_000;
const deepest = 32;

/**
 * What a YAML text is: a file, or the value of a `--set` option (whose places are the option
 * itself).
 */
export type YamlOrigin =
  { readonly kind: 'file'; readonly file: string } | { readonly kind: 'option'; readonly option: string };

/**
 * How plain scalars are read: `values` as YAML 1.2's core schema says, `texts` as the text that
 * stands there.
 */
export type YamlScalars = 'values' | 'texts';

/**
 * Reads one YAML 1.2 document (core schema: no merge keys, no timestamps, `yes` is text). Aliases
 * are followed.
 * @throws {ExperimentError} for syntax errors (the first), duplicate keys, tabs, unknown tags,
 *   aliases without end.
 */
export function readYaml(text: string, origin: YamlOrigin, scalars: YamlScalars = 'values'): LocatedNode {
  const lineCounter = new LineCounter();
  const placeOfOffset = (offset: number): Place => {
    if (origin.kind === 'option') return origin;
    const { line, col } = lineCounter.linePos(offset);
    return { kind: 'file', file: origin.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fail = (offset: number, problem: string, field = ''): never => {
    throw new ExperimentError([{ place: placeOfOffset(offset), field, text: problem }]);
  };

  const excess = findYamlExcess(text, { deepest, mostValues: mostNodes });
  if (excess !== null) {
    // The parser, which has not run, would count the lines.
    for (let start = 0; start <= excess.offset; start = text.indexOf('\n', start) + 1 || Infinity) {
      lineCounter.addNewLine(start);
    }
    fail(excess.offset, excess.problem);
  }
  // Duplicate keys are found below: the parser's own check is quadratic in the number of keys.
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
    schema: scalars === 'texts' ? 'failsafe' : 'core',
  });
  const syntaxError = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (syntaxError !== undefined)
    fail(
      syntaxError.pos[0],
      `expected one YAML document, got an error: ${syntaxError.message.replace(/; please.*$/, '')}`,
    );
  if (document.directives.yaml.version !== '1.2')
    fail(0, 'expected YAML 1.2, got a %YAML directive for another version');

  let nodes = 0;
  let aliases = 0;
  const open = new Set<Node>();
  const targets = targetsOfAliases(document);

  function readKey(pair: Pair): { readonly key: string; readonly offset: number } {
    const offset = (pair.key as Node | null)?.range?.[0] ?? 0;
    if (!isScalar(pair.key)) return fail(offset, 'expected text as a key, got a list, a mapping or an alias');
    // Keys are names: as they stand there, where YAML would read `007` and `1e3` as numbers.
    return { key: pair.key.source ?? String(pair.key.value), offset };
  }

  function readMapping(items: readonly Pair[], place: Place, path: readonly string[]): LocatedNode {
    const entries = new Map<string, LocatedEntry>();
    for (const pair of items) {
      const { key, offset } = readKey(pair);
      const inner = [...path, key];
      if (entries.has(key)) fail(offset, `expected each key once, got "${key}" again`, inner.join('.'));
      const keyPlace = placeOfOffset(offset);
      entries.set(key, { keyPlace, node: readNode(pair.value as Node | null, keyPlace, inner) });
    }
    return { kind: 'mapping', entries, place };
  }

  function readNode(node: Node | null, around: Place, path: readonly string[]): LocatedNode {
    if (node === null) return { kind: 'scalar', value: null, place: around };
    const offset = node.range?.[0] ?? 0;
    const field = path.join('.');
    if ((nodes += 1) > mostNodes) fail(offset, `expected at most ${mostNodes} values, got more`, field);
    if (path.length > deepest) fail(offset, `expected at most ${deepest} levels of nesting, got more`);
    const place = placeOfOffset(offset);
    if (isAlias(node)) {
      if ((aliases += 1) > mostAliases) fail(offset, `expected at most ${mostAliases} aliases, got more`, field);
      const target = targets.get(node);
      if (target === undefined)
        return fail(offset, `expected an alias of an anchor above it, got *${node.source}`, field);
      if (open.has(target)) return fail(offset, `expected an alias of a value outside it, got *${node.source}`, field);
      return { ...readNode(target, place, path), place };
    }
    open.add(node);
    try {
      if (isSeq(node)) {
        const items = node.items.map((item, index) => readNode(item as Node | null, place, [...path, String(index)]));
        return { kind: 'list', items, place };
      }
      if (isMap(node)) return readMapping(node.items, place, path);
      if (!isScalar(node)) return fail(offset, 'expected a value', field);
      const { value } = node;
      if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        return { kind: 'scalar', value, place };
      return fail(offset, `expected text, a number, true, false or null, got ${describeValue(value)}`, field);
    } finally {
      open.delete(node);
    }
  }

  return readNode(document.contents, placeOfOffset(0), []);
}

/**
 * What each alias stands for: the last anchor of its name before it. In one go, as the parser's own
 * way is one per alias.
 */
function targetsOfAliases(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}
