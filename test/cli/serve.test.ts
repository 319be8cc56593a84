import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, describe, expect, it } from 'vitest';
import { quantsweep, Running, smallTrials, temporaryFolder, writeExperiment } from './command-line.js';
import { ask, listenTo } from '../serve/ask.js';

/** The real program, serving; its address. */
async function serving(folder: string, ...args: string[]): Promise<{ program: Running; url: string }> {
  const program = new Running(['serve', '--port', '0', ...args], folder);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  await program.printed('Ctrl-C ends it.\n');
  return { program, url: program.stdout.split('\n')[0] ?? '' };
}

describe('quantsweep serve', () => {
  it('is opened before the sweep, and follows it to its end', async () => {
    const folder = temporaryFolder();
    writeExperiment(folder);
    const { program, url } = await serving(folder, 'small');
    expect((await ask(url)).body).toContain('Waiting for the database');
    const events = await listenTo(url);
    const run = new Running(['run', 'small.yaml'], folder);
    const begun = await events.state(({ progress }) => progress['small'] !== undefined);
    expect(begun.trouble).toBeNull();
    expect((await ask(url, 'small/')).status).toBe(200);
    expect((await run.ended).code).toBe(0);
    await events.state(({ progress }) => progress['small'] === `${smallTrials} of ${smallTrials} trials`);
    const { status, body } = await ask(url, 'small/index.html');
    expect(status).toBe(200);
    expect(body).toContain(`<b>${smallTrials} of ${smallTrials}</b>`);
    expect(body).not.toContain('id="live"');
    // With the connection of `events` open.
    program.child.kill('SIGINT');
    await events.ended;
    const { stderr } = await program.ended;
    expect(program.child.signalCode).toBe('SIGINT');
    expect(stderr).toContain('found none. Run a sweep first');
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });

  it('listens on any address of loopback that is asked for', async () => {
    const { url } = await serving(temporaryFolder(), '--host', '127.0.0.2');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+\/$/);
    expect((await ask(url)).status).toBe(503);
    expect((await ask(url, '', { headers: { Host: 'evil.example' } })).status).toBe(421);
  });

  it('refuses wrong usage with what to do, and no stack', async () => {
    const folder = temporaryFolder();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    for (const [args, text] of [
      [['--host', '0.0.0.0'], '--allow-remote allows it'],
      [['--port', String(port)], 'which another program uses. Give another one'],
      [['--port', '70000'], 'Expected a port from 0 to 65535 for --port, got 70000.'],
      [['--port', 'many'], 'Expected a port from 0 to 65535 for --port, got NaN.'],
      [['--db', '.'], 'Expected a database file, got a folder'],
    ] as const) {
      const { code, stderr } = await quantsweep(folder, 'serve', ...args);
      expect(stderr).toContain(text);
      expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
      expect(code).toBe(2);
    }
  });

  it('explains itself', async () => {
    const { stdout, code } = await quantsweep(temporaryFolder(), 'serve', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Names of sweeps; they may start later');
    expect(stdout).toContain('8377, or the next free one');
    expect(stdout).toMatch(/--allow-remote\s+Let other machines read the whole database, without a password/);
  });
});
