/** Names that Windows keeps for devices, whatever follows a dot. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?$/i;
// eslint-disable-next-line no-control-regex -- These are what is looked for.
const CONTROL = /[\0-\x1f\x7f]/;
const MOST_BYTES = 1024;
const MOST_PART_BYTES = 255;

/**
 * Why a file of a manifest can't have this name below a folder of any machine; null where it can.
 * Whatever passes leads nowhere but into the folder.
 */
export function nameFault(name: string): string | null {
  if (name === '') return 'is empty';
  if (/\p{Surrogate}/u.test(name)) return 'is no sound text';
  if (CONTROL.test(name)) return 'has a control character';
  if (name.includes('\\')) return 'has a backslash';
  if (name.startsWith('/') || /^[a-z]:/i.test(name)) return 'is absolute';
  if (Buffer.byteLength(name) > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  for (const part of name.split('/')) {
    if (part === '') return 'has an empty part';
    if (part === '.' || part === '..') return `has a part "${part}"`;
    if (/[. ]$/.test(part)) return 'has a part that ends in a dot or space';
    if (DEVICE.test(part)) return 'has the name of a device on Windows';
    if (Buffer.byteLength(part) > MOST_PART_BYTES) return `has a part longer than ${MOST_PART_BYTES} bytes`;
  }
  return null;
}
