// `npm run demo`: a real sweep of the embedded detector, then its report.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function quantsweep(...args) {
  console.log(`\n$ quantsweep ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

quantsweep('run', 'experiments/demo.yaml');
quantsweep('query', '--name', 'best', '--param', 'sweep=demo');
quantsweep('report', 'demo', '-o', 'reports/demo.html');
