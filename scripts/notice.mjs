// NOTICE: the licences of the packages that quantsweep runs on, from the lock file. `--check` fails
// where it is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('../NOTICE', import.meta.url));
const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

const byLicence = new Map();
for (const [place, { dev, license }] of Object.entries(packages)) {
  if (place === '' || dev === true) continue;
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (license === undefined) throw new Error(`${name} names no licence in package-lock.json.`);
  byLicence.set(license, (byLicence.get(license) ?? new Set()).add(name));
}

const lists = [...byLicence]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([licence, names]) =>
      `${licence}\n${[...names]
        .sort()
        .map((name) => `  ${name}\n`)
        .join('')}`,
  );

const notice = `quantsweep is licensed under the MIT licence, see LICENSE.

It runs on the packages below, which npm installs beside it under licences of their own. Each package carries its licence's
text. \`npm sbom --omit dev --sbom-format cyclonedx\` lists them with their versions; a packed release has that list as
dist/sbom.cdx.json.

sharp loads libvips, a shared library under LGPL-3.0-or-later, from the @img/sharp-libvips-* package of the platform (on
Windows and for WebAssembly from @img/sharp-*). It is linked dynamically and can be replaced by another build of libvips.
versions.json in that package names the libraries in it; glib, cairo, pango and others are under LGPL-2.1-or-later or
MPL-2.0.

onnxruntime-node holds Microsoft's onnxruntime (MIT) with third-party parts, named in its ThirdPartyNotices.txt upstream.
better-sqlite3 holds SQLite, which is in the public domain.

Report pages contain Vega and its interpreter (BSD-3-Clause), whose licences are in the pages.

${lists.join('\n')}`;

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== notice) {
    console.error('NOTICE is not current: node scripts/notice.mjs writes it.');
    process.exit(1);
  }
} else {
  writeFileSync(path, notice);
}
