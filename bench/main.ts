/** `npm run bench -- NAME`: runs the benchmark of that name, `passes` without one. */
const names = ['passes', 'observe', 'derivation', 'report', 'store', 'memory'] as const;
const name = process.argv[2] ?? 'passes';
if (!names.some((known) => known === name)) {
  console.error(`Expected a benchmark (${names.join(', ')}), got "${name}".`);
  process.exitCode = 1;
} else {
  await import(`./${name}.js`);
}
