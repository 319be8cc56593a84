import { describe, expect, it } from 'vitest';
import { filledWords } from '../../src/speed/measure-by-command.js';

describe('filledWords', () => {
  it('puts the path in the place of {model}, wherever it stands', () => {
    expect(filledWords(['bench', '--model={model}', '{model}'], '/a $& b.onnx')).toEqual([
      'bench',
      '--model=/a $& b.onnx',
      '/a $& b.onnx',
    ]);
  });

  it('appends it where no word has it', () => {
    expect(filledWords(['bench', '-n'], 'm.onnx')).toEqual(['bench', '-n', 'm.onnx']);
  });
});
