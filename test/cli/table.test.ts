import { describe, expect, test } from 'vitest';
import { formatMembers, formatTable } from '../../cli/table.ts';

const plain = (text: string): string => text;

describe('a table', () => {
  test('aligns its columns and leaves no space at the end of a line', () => {
    const columns = [
      { title: 'NAME', value: ({ name }: { name: string; count: number }) => name },
      { title: 'COUNT', value: ({ count }: { name: string; count: number }) => count, align: 'right' as const },
      { title: 'X', value: () => 'x' },
    ];

    const lines = formatTable(
      columns,
      [
        { name: 'größer', count: 7 },
        { name: 'a', count: 12_345 },
      ],
      plain,
    );

    expect(lines).toEqual(['NAME    COUNT  X', 'größer      7  x', 'a       12345  x']);
  });

  test('shows what is absent as a hyphen, and 0 as 0', () => {
    const columns = [
      { title: 'A', value: () => undefined },
      { title: 'B', value: () => 0 },
    ];

    expect(formatTable(columns, [{}], plain)).toEqual(['A  B', '-  0']);
  });

  test('prints no control characters that somebody put into a name', () => {
    const columns = [{ title: 'NAME', value: () => 'evil\u001b[2Jname\nrow' }];

    expect(formatTable(columns, [{}], plain)[1]).toBe('evil [2Jname row');
  });

  test('of members leaves out those without a value', () => {
    expect(
      formatMembers(
        [
          ['id', 'a'],
          ['gone', undefined],
          ['longer', 0],
        ],
        plain,
      ),
    ).toEqual(['id      a', 'longer  0']);
  });
});
