// npm as a child process, under a Node of choice.
import { spawnSync } from 'node:child_process';
import { basename, delimiter, dirname } from 'node:path';

/**
 * The environment in which `node` is this one, for npm, for install scripts and for all that they
 * start.
 */
export function environmentOf(node) {
  const env = { ...process.env };
  // On Windows the variable is Path, and an object has room for both.
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  env[name] = [dirname(node), env[name]].filter(Boolean).join(delimiter);
  return { ...env, NODE: node, npm_node_execpath: node };
}

/**
 * The command line of npm: its script where npm started this process, so that no shell and no .cmd
 * is needed.
 */
export function npmCommand(node, args) {
  const script = process.env.npm_execpath;
  if (script !== undefined && /^npm-cli\.[cm]?js$/.test(basename(script)))
    return { command: node, args: [script, ...args] };
  return { command: 'npm', args, shell: process.platform === 'win32' };
}

/** Runs npm to its end, its output on stderr. Returns whether it succeeded. */
export function runNpm(node, cwd, args) {
  const { command, args: all, shell = false } = npmCommand(node, args);
  const { status, error } = spawnSync(command, all, {
    cwd,
    shell,
    stdio: ['ignore', 2, 2],
    env: environmentOf(node),
  });
  if (error) console.error(`quantsweep: npm could not be started: ${error.message}`);
  return status === 0;
}
