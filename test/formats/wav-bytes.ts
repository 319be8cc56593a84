/** What a WAV file is written of; plain mono PCM of 16 bits where nothing is said. */
export interface WavSpec {
  readonly format?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly bits?: number;
  readonly blockBytes?: number;
  /** Writes `fmt ` as WAVE_FORMAT_EXTENSIBLE. */
  readonly extensible?: boolean;
  /** Chunks before `fmt `, between it and `data`, and after. */
  readonly before?: readonly Buffer[];
  readonly between?: readonly Buffer[];
  readonly after?: readonly Buffer[];
  /** What the header of `data` says; absent: the truth. */
  readonly statedBytes?: number;
}

/** A chunk, with the byte of padding that an odd one has. */
export function wavChunk(name: string, data: Uint8Array, statedBytes = data.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(statedBytes, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

export function wavFormat(spec: WavSpec = {}): Buffer {
  const { format = 1, channels = 1, sampleRate = 16000, bits = 16, extensible = false } = spec;
  const blockBytes = spec.blockBytes ?? (channels * bits) / 8;
  const fields = Buffer.alloc(extensible ? 40 : 16);
  fields.writeUInt16LE(extensible ? 0xfffe : format, 0);
  fields.writeUInt16LE(channels, 2);
  fields.writeUInt32LE(sampleRate, 4);
  fields.writeUInt32LE(sampleRate * blockBytes, 8);
  fields.writeUInt16LE(blockBytes, 12);
  fields.writeUInt16LE(bits, 14);
  if (extensible) {
    fields.writeUInt16LE(22, 16);
    fields.writeUInt16LE(bits, 18);
    fields.writeUInt32LE(4, 20);
    fields.writeUInt16LE(format, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(fields, 26);
  }
  return wavChunk('fmt ', fields);
}

/** A RIFF file of these chunks. */
export function riff(...chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from('WAVE', 'latin1'), ...chunks]);
  return wavChunk('RIFF', body).subarray(0, 8 + body.length);
}

export function wav(data: Uint8Array, spec: WavSpec = {}): Buffer {
  const { before = [], between = [], after = [], statedBytes } = spec;
  return riff(...before, wavFormat(spec), ...between, wavChunk('data', data, statedBytes), ...after);
}

export function int16(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 2);
  for (const [index, number] of numbers.entries()) bytes.writeInt16LE(number, index * 2);
  return bytes;
}
