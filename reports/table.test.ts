import { expect, test } from 'vitest';
import { plainTable } from './table.ts';

test('columns are as wide as their widest cell, numbers to the right', () => {
  const text = plainTable(
    ['node', 'MiB'],
    [
      ['gateway', '402'],
      ['é', '22.1'],
    ],
    { align: ['left', 'right'] },
  );
  expect(text).toBe(
    ['node      MiB', '-------  ----', 'gateway   402', 'é        22.1'].join('\n'),
  );
});

test('a cell cannot send anything to the terminal but its text', () => {
  const text = plainTable(['name'], [['a\u001B[2Jb\r\nc'], []]);
  expect(text.split('\n')).toEqual(['name', '--------', 'a�[2Jb c', '']);
});
