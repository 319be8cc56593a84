// Writes src/report/browser/chart-phrases.ts anew: what charts of pages say alike, which each
// packed figure then need not hold itself. Needed only where pages have grown because charts have
// changed; pages of any figures can be read with any phrases.
//
//   node scripts/with-node.mjs node dist/cli/main.js report demo --db demo/demo.db -o FOLDER
//   node scripts/with-node.mjs node scripts/chart-phrases.mjs FOLDER/demo/{trial-5,layer-5}.html
//
// Pages that a report has most of come first: theirs is the end of the phrases, which figures of
// any length reach (deflate looks back 32 kB).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Buffer } from 'node:buffer';
import prettier from 'prettier';

/** Shorter ones cost as much to point at as they save. */
const leastRepeated = 40;

const target = fileURLToPath(new URL('../src/report/browser/chart-phrases.ts', import.meta.url));
const { unpackFigure } = await import('../dist/report/browser/pack-figure.js');

/** Values that are each chart's own. */
const ownSignals = ['ranges', 'layerNames', 'axisNames'];

function chartTexts(page) {
  const html = readFileSync(page, 'utf8');
  return [...html.matchAll(/<script type="text\/plain" data-figure="[^"]+">([^<]*)<\/script>/g)]
    .flatMap(([, packed]) => unpackFigure(packed).panels)
    .map((chart) =>
      JSON.stringify({
        ...chart,
        signals: chart.signals.map((signal) => (ownSignals.includes(signal.name) ? { ...signal, value: {} } : signal)),
      }),
    );
}

/** The parts of a text that are not within `known`, nor earlier in itself. */
function newParts(known, text) {
  const parts = [];
  let seen = known;
  let part = '';
  for (let at = 0; at < text.length;) {
    let length = leastRepeated;
    if (at + length <= text.length && seen.includes(text.slice(at, at + length))) {
      while (at + length < text.length && seen.includes(text.slice(at, at + length + 1))) length += 1;
      if (part !== '') parts.push(part);
      part = '';
      at += length;
    } else {
      part += text[at];
      seen += text[at];
      at += 1;
    }
  }
  return part === '' ? parts : [...parts, part];
}

let phrases = [];
for (const page of process.argv.slice(2)) {
  for (const text of chartTexts(page).reverse()) phrases = [...newParts(phrases.join(''), text), ...phrases];
}
const source = `/**
 * What the charts of pages say alike, so that a packed figure need not hold it: the dictionary of
 * pack-figure, and of the page's script that undoes it. Written by scripts/chart-phrases.mjs.
 */
export const chartPhrases = [${phrases.map((phrase) => JSON.stringify(phrase)).join(',')}].join('');
`;
writeFileSync(target, await prettier.format(source, { ...(await prettier.resolveConfig(target)), filepath: target }));
console.log(`${target}: ${phrases.length} phrases, ${Buffer.byteLength(phrases.join(''))} bytes`);
