/** Kinds of files that are given for another one, by the bytes with which they begin. */
const KINDS: readonly { readonly start: string; readonly name: string; readonly advice: string }[] = [
  { start: '1f8b', name: 'a gzip file', advice: 'Unpack it with gunzip.' },
  { start: '504b0304', name: 'a ZIP archive', advice: 'Use format npz and name the array.' },
  { start: '934e554d5059', name: 'a .npy file', advice: 'Use format npy.' },
  { start: '894844460d0a1a0a', name: 'an HDF5 file', advice: 'Write its array with numpy.save.' },
  { start: '425a68', name: 'a bzip2 file', advice: 'Unpack it with bunzip2.' },
  { start: 'fd377a585a00', name: 'an xz file', advice: 'Unpack it with unxz.' },
  { start: '28b52ffd', name: 'a Zstandard file', advice: 'Unpack it with unzstd.' },
];

/** What kind of file begins with these bytes, and what to do with it; null for an unknown one. */
export function fileKind(start: Uint8Array): { readonly name: string; readonly advice: string } | null {
  const hex = Buffer.from(start).toString('hex');
  return KINDS.find((kind) => hex.startsWith(kind.start)) ?? null;
}
