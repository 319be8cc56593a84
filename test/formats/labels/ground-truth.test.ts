import { describe, expect, it } from 'vitest';

import { parseGroundTruth } from '../../../src/formats/labels/ground-truth.js';

const SOUND = {
  classes: ['car', 'truck'],
  grid: [4, 6],
  scenes: [
    { id: 0, objects: [{ class: 1, x: 5.5, y: 3.25 }] },
    { id: 1, objects: [] },
  ],
};

function parse(document: unknown, sampleCount = 2) {
  return parseGroundTruth(JSON.stringify(document), 'gt.json', sampleCount);
}

describe('detection ground truth', () => {
  it('is read without its further fields', () => {
    expect(parse(SOUND)).toEqual({
      classes: ['car', 'truck'],
      grid: [4, 6],
      scenes: [{ objects: [{ class: 1, x: 5.5, y: 3.25 }] }, { objects: [] }],
    });
  });

  it('has as many scenes as there are samples', () => {
    expect(() => parse(SOUND, 3)).toThrow('Expected 3 scenes, one for each sample, got 2 (gt.json, scenes).');
  });

  const withObject = (object: unknown) => ({ ...SOUND, scenes: [{ objects: [] }, { objects: [object] }] });
  it.each([
    [withObject({ class: 2, x: 1, y: 1 }), 'Expected a class in 0..1, got 2 (gt.json, scenes[1].objects[0].class)'],
    [withObject({ class: 0.5, x: 1, y: 1 }), 'Expected a class in 0..1, got 0.5'],
    [
      withObject({ class: 0, y: 1 }),
      'Expected a centre in cells within 0..6, got nothing (gt.json, scenes[1].objects[0].x)',
    ],
    [withObject({ class: 0, x: null, y: 1 }), 'got null'],
    [
      withObject({ class: 0, x: 1, y: 5 }),
      'Expected a centre in cells within 0..4, got 5 (gt.json, scenes[1].objects[0].y)',
    ],
    [withObject([]), 'Expected an object, got [] (gt.json, scenes[1].objects[0])'],
    [{ ...SOUND, classes: [] }, 'Expected at least one class name, got [] (gt.json, classes)'],
    [{ ...SOUND, classes: ['car', 3] }, 'Expected a class name, got 3 (gt.json, classes[1])'],
    [{ ...SOUND, classes: ['car', 'car'] }, 'Expected different class names'],
    [{ ...SOUND, grid: [4, 0] }, 'Expected [rows, columns], integers of 1 or above, got [4,0] (gt.json, grid)'],
    [{ ...SOUND, scenes: [{}, {}] }, 'Expected an array, got nothing (gt.json, scenes[0].objects)'],
    [[], 'Expected an object, got [] (gt.json, the document)'],
  ])('is refused with the place of what is wrong: %#', (document, message) => {
    expect(() => parse(document)).toThrow(message);
  });

  it('is refused when it is no JSON or holds a number beyond float64', () => {
    expect(() => parseGroundTruth('{', 'gt.json', 1)).toThrow('Expected a JSON document, got');
    const infinite = JSON.stringify(withObject({ class: 0, x: 'HUGE', y: 1 })).replace('"HUGE"', '1e999');
    expect(() => parseGroundTruth(infinite, 'gt.json', 2)).toThrow('got Infinity (gt.json, scenes[1].objects[0].x)');
  });
});
