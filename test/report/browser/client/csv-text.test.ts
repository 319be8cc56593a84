import { expect, it } from 'vitest';
import { csvText } from '../../../../src/report/browser/client/csv-text.js';

const columns = ['trial', 'name, "quoted"', 'value'];
const rows = [
  [1, 'plain', 0.1 + 0.2],
  [2, 'a "b", c\r\nd', null],
  [3, '', 1e-300],
  [4, 'é', -0.5],
];

it('quotes as RFC 4180 has it, with every digit of numbers', () => {
  expect(csvText(columns, rows)).toBe(
    'trial,"name, ""quoted""",value\r\n1,plain,0.30000000000000004\r\n2,"a ""b"", c\r\nd",\r\n3,,1e-300\r\n4,é,-0.5\r\n',
  );
});
