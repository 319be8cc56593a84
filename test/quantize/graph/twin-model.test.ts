import { describe, expect, it } from 'vitest';
import { onnxruntimeVersion } from '../../../src/engine/session/session.js';
import { REPRODUCED_RUNTIME } from '../../../src/quantize/graph/twin-model.js';

describe('the runtime that the twin reproduces', () => {
  it('is the one that is installed', () => {
    const installed = onnxruntimeVersion();
    expect(
      installed.startsWith(`${REPRODUCED_RUNTIME}.`),
      `the twin follows the kernels of onnxruntime ${REPRODUCED_RUNTIME}, and ${installed} is installed: run test/quantize/twin, change what differs, then REPRODUCED_RUNTIME`,
    ).toBe(true);
  });
});
