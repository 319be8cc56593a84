import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, dirname } from 'node:path';

/**
 * The JavaScript that draws charts in the page: Vega, and its expression interpreter as
 * `vega.expressionInterpreter`. Specs are compiled from Vega-Lite when the page is made, so neither
 * Vega-Lite nor vega-embed is inlined (530 kB instead of 840 kB), and with the interpreter the page
 * needs no `unsafe-eval`. Throws where a package's files are not as expected.
 */
export function chartLibrary(): string {
  const require = createRequire(import.meta.url);
  const vega = readFileSync(join(dirname(require.resolve('vega')), 'vega.min.js'), 'utf8');
  const interpreter = asScript(readFileSync(require.resolve('vega-interpreter'), 'utf8'));
  return `${licence('vega')}\n${withoutSourceMap(vega)}\n${licence('vega-interpreter')}\n${interpreter}`;
}

/** The licences of what {@link chartLibrary} holds. */
export function chartLicences(): string {
  return `${licence('vega')}\n${licence('vega-interpreter')}`;
}

/** The licence of a package as a comment: whoever passes a report on passes its code on. */
function licence(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, 'LICENSE'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`Expected package ${name} to bring a LICENSE file, found none.`);
    folder = parent;
  }
  const text = readFileSync(join(folder, 'LICENSE'), 'utf8').trim().replaceAll('*/', '* /');
  return `/* ${name}\n\n${text}\n*/`;
}

/**
 * Turns vega-interpreter's ES module, which imports from vega-util and exports one function, into a
 * plain script.
 */
function asScript(module: string): string {
  const imports = /^import \{([^}]*)\} from 'vega-util';$/m;
  const exports = /^export \{ (\w+) as expressionInterpreter \};$/m;
  if (!imports.test(module) || !exports.test(module)) {
    throw new Error(
      'Expected vega-interpreter to import from vega-util only and to export expressionInterpreter; its version has changed: adapt src/report/charts/chart-library.ts',
    );
  }
  const script = module.replace(imports, 'const {$1} = vega;').replace(exports, 'vega.expressionInterpreter = $1;');
  return `(() => {\n${withoutSourceMap(script)}\n})();`;
}

function withoutSourceMap(script: string): string {
  return script.replace(/^\/\/# sourceMappingURL=.*$/gm, '').trim();
}
