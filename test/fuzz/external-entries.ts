/**
 * Entries of external data; the folder of the cases has `w.bin` (64 KB), `link.bin`, `loop.bin`,
 * `pipe`, `huge.bin`.
 */
export const locations = [
  '../secret.bin',
  '/etc/passwd',
  'w.bin',
  'link.bin',
  'loop.bin',
  'pipe',
  'huge.bin',
  '.',
  '..',
  '',
  'a/../../secret.bin',
  'w.bin\0',
  'w.bin/',
  'l'.repeat(300),
  'd/'.repeat(5000),
  'file:///etc/passwd',
  '~/x',
  '//etc/passwd',
  'inner',
  '\x1b[2J',
];
/** Of offsets and lengths. */
export const lengths = [
  '0',
  '-1',
  '8',
  '1e3',
  '0x10',
  '',
  ' 4',
  '99999999999',
  '9007199254740993',
  '1.5',
  'NaN',
  'Infinity',
  '65536',
];
