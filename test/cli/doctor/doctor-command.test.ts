import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { quantsweep } from '../command-line.js';

it('quantsweep doctor says what loads, and of CUDA item by item what is there and what brings the rest', async () => {
  const { code, stdout } = await quantsweep(tmpdir(), 'doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}cpu {4}works$/m);
  expect(stdout).toMatch(/^Numerics class, .*: cpu-[0-9a-f]{12}(, |$)/m);
  expect(stdout).toMatch(/^SQLite: works$/m);
  expect(stdout).toMatch(/^ {2}webgpu (works|does not load: .+)$/m);
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  for (const item of ['NVIDIA GPU', 'libcuda.so.1', 'libonnxruntime_providers_cuda.so']) {
    expect(stdout).toMatch(new RegExp(`^ {2}(ok|missing|unseen) +.*${item}`, 'm'));
  }
  const script = /ONNXRUNTIME_NODE_INSTALL=1 node (\S+install\.js)/.exec(stdout)?.[1];
  // The path is the real one, wherever the packages lie.
  if (script !== undefined) expect(existsSync(script)).toBe(true);
  expect(stdout).toContain('WebGPU needs:');
});
