// Compiles the scripts that report pages run, src/report/browser/client/{page,live,start}.ts, each
// to one plain script without imports: pages are opened as files, where a browser loads no modules.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const names = ['page', 'live', 'start'];
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const outdir = at('dist/report/browser/client');

await build({
  entryPoints: names.map((name) => at(`src/report/browser/client/${name}.ts`)),
  outdir,
  bundle: true,
  format: 'iife',
  // Browsers of 2023: the first with DecompressionStream for what pages hold.
  target: 'es2022',
  charset: 'utf8',
  minify: true,
  logLevel: 'warning',
});

for (const name of names) {
  // Pages have scripts inline, where this would end them.
  if (/<\/script|<!--/i.test(readFileSync(`${outdir}/${name}.js`, 'utf8')))
    throw new Error(`Expected no "</script" and no "<!--" in ${name}.js: write the text in two parts.`);
}
