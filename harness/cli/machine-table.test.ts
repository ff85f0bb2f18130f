/** One table of all machines, with what mends what is wrong below it. */
import { expect, test } from 'vitest';
import { machineTable } from './machine-table.ts';

test('machines that are well, that have something, that will not do and that are not there', () => {
  const facts = { architecture: 'aarch64', memory: '4.0 GB', governor: 'performance' };
  const fault = { message: 'the disk is nearly full', fix: 'df -h' };
  const well = { node: 'gateway', at: 'pi@10.0.0.2', facts, problems: [], warnings: [] };
  const { governor: _, ...fewer } = facts;
  const reports = [
    well,
    { ...well, node: 'edge0', at: 'pi@10.0.0.3', warnings: [{ message: 'it swaps' }] },
    { ...well, node: 'edge1', at: 'pi@10.0.0.4', facts: fewer, problems: [fault] },
    { ...well, node: 'edge2', at: 'pi@10.0.0.5', facts: {}, problems: [{ message: 'gone' }] },
  ];
  expect(machineTable(reports)).toMatchInlineSnapshot(`
    "node     reached at   architecture  memory  governor     state
    -------  -----------  ------------  ------  -----------  -----------
    gateway  pi@10.0.0.2  aarch64       4.0 GB  performance  ok
    edge0    pi@10.0.0.3  aarch64       4.0 GB  performance  ok, but
    edge1    pi@10.0.0.4  aarch64       4.0 GB  -            WILL NOT DO
    edge2    pi@10.0.0.5  -             -       -            NOT REACHED
    ?   edge0: it swaps
    no  edge1: the disk is nearly full
          to mend it: df -h
    no  edge2: gone"
  `);
});
