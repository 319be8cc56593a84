// An agent's process: resolves the items of a file, prints where they are, and ends; with
// QUANTSWEEP_STAY it stays until it is told to end.
import { readFileSync } from 'node:fs';
import { ContentStore } from '../../dist/content/content-store.js';

const { options, items } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const store = new ContentStore({
  ...options,
  cacheFolder: process.env.QUANTSWEEP_CACHE ?? options.cacheFolder,
  allowedCode: new Set(options.allowedCode),
});
let answer;
try {
  answer = { paths: [...(await store.resolve(items))] };
} catch (error) {
  answer = { error: error.message };
}
console.log(JSON.stringify(answer));
if (process.env.QUANTSWEEP_STAY === undefined) await store.close();
else process.stdin.resume();
