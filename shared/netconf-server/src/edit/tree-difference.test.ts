import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathText } from '../data-path.ts';
import { elements, lab } from '../testing/lab.ts';
import { treeDifference } from './tree-difference.ts';

const inLab = (parts: readonly string[]) => `<lab xmlns="urn:example:lab">${parts.join('')}</lab>`;

function changes(before: string, after: string): string[] {
  const { schema } = lab();
  return Array.from(
    treeDifference(elements(before), elements(after), schema),
    ({ operation, path }) => `${operation} ${pathText(path, schema)}`,
  );
}

const box = fc
  .record({ id: fc.nat(4), size: fc.nat(1) })
  .map(({ id, size }) => ({ id: `box ${id}`, xml: `<box><id>${id}</id><size>${size}</size><tag>t</tag></box>` }));
const leaf = fc.constantFrom(
  ...['<name>a</name>', '<name>b</name>', '<level>1</level>', '<level>01</level>'].map((xml) => ({
    id: xml.slice(0, 5),
    xml,
  })),
);
const rule = fc.nat(3).map((id) => ({ id: `rule ${id}`, xml: `<rule><name>r${id}</name></rule>` }));
const parts = fc
  .uniqueArray(fc.oneof(box, leaf, rule), { maxLength: 10, selector: ({ id }) => id })
  .map((all) => all.map(({ xml }) => xml));

test('where what has no order stands, at an end or between, makes no difference', () => {
  fc.assert(
    fc.property(parts, parts, fc.nat(), (one, other, turn) => {
      // The same, with the parts that have no order turned round so that no two ends are alike.
      const rules = other.filter((xml) => xml.startsWith('<rule>'));
      const rest = other.filter((xml) => !xml.startsWith('<rule>'));
      const by = rest.length === 0 ? 0 : turn % rest.length;
      const turned = [...rest.slice(by), ...rules, ...rest.slice(0, by)];
      expect(changes(inLab(one), inLab(turned)).toSorted()).toEqual(changes(inLab(one), inLab(other)).toSorted());
    }),
  );
});

const rules = (...ids: number[]) => inLab(ids.map((id) => `<rule><name>r${id}</name></rule>`));
const moved = (id: number) => `update /lab:lab/rule[name='r${id}']`;

test.each([
  ['two that change places', rules(1, 2, 3), rules(1, 3, 2), [moved(3), moved(2)]],
  ['what follows one that moved', rules(1, 2, 3), rules(2, 1, 3), [moved(2), moved(1), moved(3)]],
  [
    'one that comes between',
    rules(1, 2),
    rules(1, 9, 2),
    ["create /lab:lab/rule[name='r9']", "create /lab:lab/rule[name='r9']/name"],
  ],
  [
    'one that goes',
    rules(1, 9, 2),
    rules(1, 2),
    ["delete /lab:lab/rule[name='r9']", "delete /lab:lab/rule[name='r9']/name"],
  ],
  ['none', rules(1, 2, 3), rules(1, 2, 3), []],
])('in a list ordered by its user: %s', (_, before, after, expected) => {
  expect(changes(before, after)).toEqual(expected);
});
