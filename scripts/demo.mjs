// `npm run demo`: a real sweep of the embedded detector, then its report.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// The terminal's Ctrl-C reaches the child too, which stops cleanly; this process waits for it.
process.on('SIGINT', () => undefined);

async function quantsweep(...args) {
  console.log(`\n$ quantsweep ${args.join(' ')}`);
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) process.exit(code ?? 1);
}

// The scenes are made by a module that comes with quantsweep.
await quantsweep('run', '--allow-code', 'experiments/demo.yaml');
await quantsweep('query', '--name', 'best', '--param', 'sweep=demo');
await quantsweep('report', 'demo', '-o', 'reports/demo');
