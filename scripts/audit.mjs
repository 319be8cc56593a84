// Asks the registry for known vulnerabilities of the packages that run in production, as the lock
// file names them. Fails where one is high or critical. Where the registry answers no audits (a
// mirror, no network) it says so and passes: that is no statement about the packages.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev', '--package-lock-only'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  encoding: 'utf8',
  shell: process.platform === 'win32',
  timeout: 120_000,
});

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const answer = parsed(stdout ?? '');
const counts = answer.metadata?.vulnerabilities;
if (counts === undefined) {
  const reason = answer.message ?? answer.error?.summary ?? 'no answer';
  console.log(`skipped: the registry does not answer audits (${String(reason).split('\n')[0]})`);
} else {
  const { low = 0, moderate = 0, high = 0, critical = 0 } = counts;
  console.log(`known vulnerabilities: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low`);
  for (const [name, { severity, range }] of Object.entries(answer.vulnerabilities ?? {})) {
    console.log(`  ${name} ${range}: ${severity}`);
  }
  if (high + critical > 0) process.exitCode = 1;
}
