import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Alone } from '../../src/schedule/alone.js';

/** Work that ends when it is told. */
function work(log: string[], name: string) {
  let settle: { readonly resolve: (name: string) => void; readonly reject: (error: Error) => void };
  const promise = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const run = async (): Promise<string> => {
    log.push(`+${name}`);
    try {
      return await promise;
    } finally {
      log.push(`-${name}`);
    }
  };
  return {
    run,
    end: () => {
      settle.resolve(name);
    },
    fail: () => {
      settle.reject(new Error(name));
    },
  };
}

it('waits for what runs, and keeps the rest waiting', async () => {
  const log: string[] = [];
  const alone = new Alone();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(log, name));
  const running = [alone.run(a!.run, false), alone.run(b!.run, false)];
  const timed = alone.run(c!.run, true);
  const behind = alone.run(d!.run, false);
  await setImmediate();
  expect(log).toEqual(['+a', '+b']);
  a!.end();
  await setImmediate();
  expect(log).toEqual(['+a', '+b', '-a']);
  b!.fail();
  await expect(running[1]).rejects.toThrow('b');
  await setImmediate();
  expect(log).toEqual(['+a', '+b', '-a', '-b', '+c']);
  c!.end();
  expect(await timed).toBe('c');
  d!.end();
  expect(await behind).toBe('d');
  expect(log.slice(-3)).toEqual(['-c', '+d', '-d']);
});

it('runs two that want to be alone one after the other, also where the first fails', async () => {
  const log: string[] = [];
  const alone = new Alone();
  const [a, b] = ['a', 'b'].map((name) => work(log, name));
  const first = alone.run(a!.run, true);
  const second = alone.run(b!.run, true);
  await setImmediate();
  expect(log).toEqual(['+a']);
  a!.fail();
  b!.end();
  await expect(first).rejects.toThrow('a');
  expect(await second).toBe('b');
  expect(log).toEqual(['+a', '-a', '+b', '-b']);
});
