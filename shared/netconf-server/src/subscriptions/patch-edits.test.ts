import { childElement, elementText, writeXml, type XmlElement } from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SchemaIndex } from '../schema-index.ts';
import { inLab } from '../testing/harness.ts';
import { elements, lab, openLab } from '../testing/lab.ts';
import { type PatchEdit, patchEdits, patchXml } from './patch-edits.ts';

const { schema } = lab();
const edits = (before: string, after: string) => patchEdits(elements(inLab(before)), elements(inLab(after)), schema);
const inWords = ({ operation, target, behind, value }: PatchEdit) =>
  [operation, target, ...(behind === undefined ? [] : [`behind ${behind}`]), ...(value ? [writeXml(value)] : [])]
    .join(' ')
    .replaceAll(' xmlns="urn:example:lab"', '');

describe('changes as edits of a YANG Patch', () => {
  it.each([
    ['nothing', '<name>a</name>', '<name>a</name>', []],
    ['a leaf that is new', '', '<name>a</name>', ['create /lab:lab/name <name>a</name>']],
    ['a leaf with another value', '<name>a</name>', '<name>b</name>', ['replace /lab:lab/name <name>b</name>']],
    ['a leaf that is gone', '<name>a</name>', '', ['delete /lab:lab/name']],
    [
      'an entry with all that is in it',
      '',
      '<box><id>1</id><label>x</label></box>',
      ['create /lab:lab/box=1 <box><id>1</id><label>x</label></box>'],
    ],
    ['an entry that is gone, once', '<box><id>1</id><label>x</label></box>', '', ['delete /lab:lab/box=1']],
    [
      'what is inside of an entry',
      '<box><id>1</id><label>x</label><tag>a</tag></box>',
      '<box><id>1</id><label>y</label><tag>b</tag></box>',
      [
        'delete /lab:lab/box=1/tag=a',
        'replace /lab:lab/box=1/label <label>y</label>',
        'create /lab:lab/box=1/tag=b <tag>b</tag>',
      ],
    ],
    [
      'an entry of a list ordered by its user',
      '<rule><name>a</name></rule>',
      '<rule><name>b</name></rule><rule><name>a</name></rule><rule><name>c</name></rule>',
      [
        'insert /lab:lab/rule=b <rule><name>b</name></rule>',
        'insert /lab:lab/rule=c behind /lab:lab/rule=a <rule><name>c</name></rule>',
      ],
    ],
    [
      'an entry that is elsewhere in it',
      '<server>a</server><server>b</server>',
      '<server>b</server><server>a</server>',
      ['move /lab:lab/server=b'],
    ],
    [
      'keys that RFC 8040 wants encoded',
      '',
      `<peer><address>2001:db8::1</address><port>1</port></peer><server>a/b,c=d 'é'</server>`,
      [
        'create /lab:lab/peer=2001%3Adb8%3A%3A1,1 <peer><address>2001:db8::1</address><port>1</port></peer>',
        `insert /lab:lab/server=a%2Fb%2Cc%3Dd%20%27%C3%A9%27 <server>a/b,c=d 'é'</server>`,
      ],
    ],
  ])('tell %s', (_, before, after, expected) => {
    expect(edits(before, after).map(inWords)).toEqual(expected);
  });

  it('tell all around what has no name: state may have lists without keys, and a value twice', () => {
    const text = `module state { namespace "urn:state"; prefix s; revision 2026-11-21; container state { config false;
      leaf other { type string; } container inner { list seen { leaf at { type string; } } leaf-list number { type int8; } } } }`;
    const own = new SchemaIndex(openLab([{ name: 'state', revision: '2026-11-21', text }]));
    const state = (inner: string) =>
      elements(`<state xmlns="urn:state"><other>x</other><inner>${inner}</inner></state>`);
    const told = (before: string, after: string) =>
      patchEdits(state(before), state(after), own).map(({ operation, target }) => `${operation} ${target}`);
    const seen = '<seen><at>1</at></seen>';
    expect(told(seen, seen)).toEqual([]);
    expect(told(seen, `${seen}${seen}`)).toEqual(['replace /state:state/inner']);
    expect(told('<number>1</number>', '<number>1</number><number>1</number>')).toEqual(['replace /state:state/inner']);
    expect(told(`${seen}<number>1</number>`, `${seen}<number>2</number>`)).toEqual([
      'delete /state:state/inner/number=1',
      'create /state:state/inner/number=2',
    ]);
  });

  it('tell a whole tree that came or went as one', () => {
    const all = elements(inLab('<name>a</name>'));
    expect(patchEdits([], all, schema).map(inWords)).toEqual(['create /lab:lab <lab><name>a</name></lab>']);
    expect(patchEdits(all, [], schema).map(inWords)).toEqual(['delete /lab:lab']);
  });

  it('are numbered and say where an entry stands', () => {
    expect(patchXml('7', edits('<server>a</server>', '<server>b</server><server>a</server><server>c</server>'))).toBe(
      '<yang-patch><patch-id>7</patch-id>' +
        '<edit><edit-id>1</edit-id><operation>insert</operation><target>/lab:lab/server=b</target>' +
        '<where>first</where><value><server xmlns="urn:example:lab">b</server></value></edit>' +
        '<edit><edit-id>2</edit-id><operation>insert</operation><target>/lab:lab/server=c</target>' +
        '<point>/lab:lab/server=a</point><where>after</where><value><server xmlns="urn:example:lab">c</server></value></edit>' +
        '</yang-patch>',
    );
  });

  it('lead from one order to any other when they are followed one by one', () => {
    const names = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    fc.assert(
      fc.property(names, names, (before, after) => {
        const xml = (list: readonly string[]) =>
          elements(inLab(`<name>x</name>${list.map((one) => `<server>${one}</server>`).join('')}`));
        const list = [...before];
        for (const edit of patchEdits(xml(before), xml(after), schema)) follow(list, edit);
        expect(list).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  it('lead from any boxes to any others', () => {
    const boxes = fc.dictionary(fc.constantFrom('1', '2', '3'), fc.constantFrom('x', 'y', 'z'));
    fc.assert(
      fc.property(boxes, boxes, (before, after) => {
        const xml = (all: Record<string, string>) =>
          elements(
            inLab(
              `<name>x</name>${Object.entries(all)
                .map(([id, label]) => `<box><id>${id}</id><label>${label}</label></box>`)
                .join('')}`,
            ),
          );
        const held: Record<string, string> = { ...before };
        for (const { operation, target, value } of patchEdits(xml(before), xml(after), schema)) {
          const [, id = '', leaf] = /^\/lab:lab\/box=(\d)(\/label)?$/.exec(target) ?? [];
          if (operation === 'delete') delete held[id];
          else held[id] = leaf === undefined ? labelOf(value) : elementText(value!);
        }
        expect(held).toEqual({ ...after });
      }),
      { numRuns: 100 },
    );
  });
});

const labelOf = (box: XmlElement | undefined) => elementText(childElement(box!, 'label')!);

/** Refuses what RFC 8072 §2.5 does not allow. */
function follow(list: string[], { operation, target, behind }: PatchEdit): void {
  const named = (path: string) => path.slice(path.lastIndexOf('=') + 1);
  const name = named(target);
  const there = list.indexOf(name);
  expect(there >= 0).toBe(operation !== 'insert');
  if (there >= 0) list.splice(there, 1);
  if (operation === 'delete') return;
  const place = behind === undefined ? 0 : list.indexOf(named(behind)) + 1;
  expect(behind === undefined || place > 0).toBe(true);
  list.splice(place, 0, name);
}
