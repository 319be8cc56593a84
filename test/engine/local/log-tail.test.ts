import { describe, expect, it } from 'vitest';
import { LogTail } from '../../../src/engine/local/log-tail.js';

function tailOf(...pieces: readonly (string | Buffer)[]): string | null {
  const tail = new LogTail();
  const write = tail.stream();
  for (const piece of pieces) write(Buffer.from(piece));
  return tail.takeNews();
}

describe('the tail of a log', () => {
  it('has news once', () => {
    const tail = new LogTail();
    expect(tail.takeNews()).toBeNull();
    tail.stream()(Buffer.from('loading\n'));
    expect(tail.takeNews()).toBe('loading');
    expect(tail.takeNews()).toBeNull();
    tail.say('the process exited with code 3');
    expect(tail.takeNews()).toBe('loading\n[the process exited with code 3]');
  });

  it('keeps a character that comes in two pieces, and streams apart', () => {
    const tail = new LogTail();
    const [out, error] = [tail.stream(), tail.stream()];
    const euro = Buffer.from('€');
    out(euro.subarray(0, 1));
    error(Buffer.from('warning\n'));
    out(euro.subarray(1));
    expect(tail.takeNews()).toBe('warning\n€');
  });

  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['titles of windows', '\u001b]0;title\u0007text', 'text'],
    ['other control characters', 'a\u0008\u0000b\u202ec', 'abc'],
    ['what a progress bar overwrote', ' 10 %\r 20 %\r 30 %\r\ndone', ' 30 %\ndone'],
    ['how a module names its file', 'at file:///home/me/a.mjs:3', 'at /home/me/a.mjs:3'],
    ['passwords in addresses', 'get https://me:se/cret@host/x', 'get https://***@host/x'],
  ])('leaves out %s', (_, written, shown) => {
    expect(tailOf(written)).toBe(shown);
  });

  it('keeps the last 40 lines, 4000 characters at most', () => {
    const lines = Array.from({ length: 100 }, (_, line) => `line ${line}`);
    expect(tailOf(lines.join('\n'))!.split('\n')).toEqual(lines.slice(-40));
    const long = tailOf(`${'x'.repeat(9000)}\n${'y'.repeat(3999)}`)!;
    expect(long).toBe('y'.repeat(3999));
    expect(tailOf('z'.repeat(50_000))).toHaveLength(4000);
  });

  it('holds no more of a flood than of a few lines', () => {
    const tail = new LogTail();
    const write = tail.stream();
    const piece = Buffer.from('0123456789abcdef\n'.repeat(4096));
    global.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 4000; count++) write(piece);
    global.gc?.();
    // 278 MB were written.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 2 ** 20);
    expect(tail.takeNews()!.length).toBeLessThanOrEqual(4000);
  });
});
