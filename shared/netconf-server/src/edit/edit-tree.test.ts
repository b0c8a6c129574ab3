import { BASE_NAMESPACE, type RpcError, writeXml } from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathText } from '../data-path.ts';
import { elements, lab } from '../testing/lab.ts';
import { infoOf } from '../testing/test-client.ts';
import { type DefaultOperation, editTree } from './edit-tree.ts';
import { treeDifference } from './tree-difference.ts';

const ATTRIBUTES = `xmlns="urn:example:lab" xmlns:nc="${BASE_NAMESPACE}" xmlns:yang="urn:ietf:params:xml:ns:yang:1" xmlns:l="urn:example:lab"`;
const inLab = (inside: string) => `<lab ${ATTRIBUTES}>${inside}</lab>`;
const plain = (inside: string) => `<lab xmlns="urn:example:lab">${inside}</lab>`;

function edit(current: string, change: string, defaultOperation: DefaultOperation = 'merge', allErrors = false) {
  return editTree(elements(current), elements(change), { defaultOperation, allErrors }, lab().schema);
}

/** The children of `lab` after an edit of it, without the declarations that the edit brought along. */
function edited(current: string, change: string, defaultOperation?: DefaultOperation): string {
  const result = edit(plain(current), inLab(change), defaultOperation);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value
    .map(writeXml)
    .join('')
    .replace(/ xmlns(:\w+)?="[^"]*"/g, '')
    .replace(/^<lab>(.*)<\/lab>$|^<lab\/>$/, '$1');
}

function refusal(current: string, change: string, defaultOperation?: DefaultOperation): RpcError {
  const result = edit(plain(current), inLab(change), defaultOperation);
  if (result.ok) throw new Error('expected a refusal');
  const [first] = result.failure;
  if (first === undefined) throw new Error('expected an error');
  return first;
}

const box = (id: number, inside = '') => `<box><id>${id}</id>${inside}</box>`;
const op = (operation: string) => `nc:operation="${operation}"`;

describe('operations (RFC 6241 §7.2)', () => {
  test.each([
    ['merge adds', '<name>a</name>', '<level>9</level>', '<name>a</name><level>9</level>'],
    ['merge changes', '<name>a</name>', '<name>b</name>', '<name>b</name>'],
    [
      'merge goes into an entry',
      box(1, '<size>5</size>'),
      box(1, '<label>x</label>'),
      box(1, '<size>5</size><label>x</label>'),
    ],
    ['merge adds an entry', box(1), box(2), box(1) + box(2)],
    [
      'replace takes the rest away',
      box(1, '<size>5</size>'),
      `<box ${op('replace')}><id>1</id><label>x</label></box>`,
      box(1, '<label>x</label>'),
    ],
    ['replace creates', '', `<box ${op('replace')}><id>1</id></box>`, box(1)],
    [
      'replace touches nothing beside',
      box(1) + box(2),
      `<box ${op('replace')}><id>2</id><size>1</size></box>`,
      box(1) + box(2, '<size>1</size>'),
    ],
    [
      'create creates',
      box(1),
      `<box ${op('create')}><id>2</id><size>1</size></box>`,
      box(1) + box(2, '<size>1</size>'),
    ],
    ['delete deletes an entry', box(1) + box(2), `<box ${op('delete')}><id>1</id></box>`, box(2)],
    [
      'delete deletes a leaf, whatever its value',
      '<name>a</name><level>1</level>',
      `<name ${op('delete')}/>`,
      '<level>1</level>',
    ],
    [
      'delete deletes one value of a leaf-list',
      '<server>a</server><server>b</server>',
      `<server ${op('delete')}>a</server>`,
      '<server>b</server>',
    ],
    ['remove removes', box(1) + box(2), `<box ${op('remove')}><id>1</id></box>`, box(2)],
    [
      'remove of what is not there does nothing',
      box(2),
      `<box ${op('remove')}><id>1</id></box><name ${op('remove')}/>`,
      box(2),
    ],
    ['delete inside a merge', box(1, '<size>5</size>'), box(1, `<size ${op('delete')}/>`), box(1)],
    [
      'operations side by side',
      box(1) + box(2),
      `<box ${op('delete')}><id>1</id></box><box ${op('create')}><id>3</id></box>`,
      box(2) + box(3),
    ],
    [
      'keys are compared by type',
      '<box><id>7</id></box>',
      '<box><id>007</id><size>1</size></box>',
      box(7, '<size>1</size>'),
    ],
  ])('%s', (_, current, change, result) => {
    expect(edited(current, change)).toBe(result);
  });

  test('by default none: only what says so changes', () => {
    expect(
      edited(box(1, '<size>5</size>'), box(1, `<size ${op('delete')}/><label ${op('create')}>x</label>`), 'none'),
    ).toBe(box(1, '<label>x</label>'));
    expect(edited('<name>a</name>', '<name>b</name>', 'none')).toBe('<name>a</name>');
  });

  test('by default replace: the whole datastore', () => {
    const other = '<top xmlns="http://example.com/schema/1.2/config"/>';
    const result = edit(other + plain(box(1)), plain(box(2)), 'replace');
    expect(result.ok && result.value.map(writeXml)).toEqual([plain(box(2))]);
    const empty = edit(other + plain(box(1)), '', 'replace');
    expect(empty).toEqual({ ok: true, value: [] });
  });

  test('a node of one case makes those of the others go (RFC 7950 §7.9)', () => {
    expect(
      edited(box(1, '<apples>3</apples><apple-kind>b</apple-kind><size>1</size>'), box(1, '<pears>2</pears>')),
    ).toBe(box(1, '<size>1</size><pears>2</pears>'));
    expect(edited(box(1, '<apples>3</apples>'), box(1, '<apple-kind>b</apple-kind>'))).toBe(
      box(1, '<apples>3</apples><apple-kind>b</apple-kind>'),
    );
  });

  test('an identityref key is the same under any prefix', () => {
    const part = (prefix: string, note: string) =>
      `<part><kind>${prefix}red</kind><number>1</number><note>${note}</note></part>`;
    expect(edited(box(1, part('', 'a')), box(1, part('l:', 'b')))).toBe(box(1, part('', 'b')));
  });
});

describe('order (RFC 7950 §7.8.6, §7.7.9)', () => {
  const rule = (name: string, attributes = '') => `<rule${attributes && ` ${attributes}`}><name>${name}</name></rule>`;
  const rules = (names: string) => Array.from(names, (name) => rule(name)).join('');
  const servers = (names: string) => Array.from(names, (name) => `<server>${name}</server>`).join('');

  test.each([
    ['last without a word', 'ab', rule('c'), 'abc'],
    ['last', 'ab', rule('c', 'yang:insert="last"'), 'abc'],
    ['first', 'ab', rule('c', 'yang:insert="first"'), 'cab'],
    ['before', 'ab', rule('c', `yang:insert="before" yang:key="[l:name='b']"`), 'acb'],
    ['after', 'abd', rule('c', `yang:insert="after" yang:key='[l:name="b"]'`), 'abcd'],
    ['after, the key without prefix', 'abd', rule('c', `yang:insert="after" yang:key="[name='a']"`), 'acbd'],
    ['an entry that is there moves', 'abcd', rule('d', 'yang:insert="first"'), 'dabc'],
    ['an entry that is there stays without a word', 'abc', rule('a'), 'abc'],
    ['created in its place', 'ab', rule('c', `${op('create')} yang:insert="first"`), 'cab'],
  ])('of a list: %s', (_, before, change, after) => {
    expect(edited(rules(before), change)).toBe(rules(after));
  });

  test.each([
    ['first', 'ab', '<server yang:insert="first">c</server>', 'cab'],
    ['before', 'ab', '<server yang:insert="before" yang:value="b">c</server>', 'acb'],
    ['a value that is there moves', 'abc', '<server yang:insert="after" yang:value="c">a</server>', 'bca'],
  ])('of a leaf-list: %s', (_, before, change, after) => {
    expect(edited(servers(before), change)).toBe(servers(after));
  });

  test.each([
    [
      'beside one that is not there',
      rule('c', `yang:insert="before" yang:key="[l:name='x']"`),
      'bad-attribute',
      'key',
      'missing-instance',
    ],
    [
      'beside a value that is not there',
      '<server yang:insert="after" yang:value="x">c</server>',
      'bad-attribute',
      'value',
      'missing-instance',
    ],
    ['before nobody', rule('c', 'yang:insert="before"'), 'missing-attribute', 'key', undefined],
    ['after no value', '<server yang:insert="after">c</server>', 'missing-attribute', 'value', undefined],
    ['in the middle', rule('c', 'yang:insert="middle"'), 'bad-attribute', 'insert', undefined],
    ['by no predicate', rule('c', 'yang:insert="before" yang:key="b"'), 'bad-attribute', 'key', undefined],
    [
      'by a key of another namespace',
      rule('c', `yang:insert="before" yang:key="[nc:name='a']"`),
      'bad-attribute',
      'key',
      undefined,
    ],
    [
      'in a list the system orders',
      '<box yang:insert="first"><id>1</id></box>',
      'unknown-attribute',
      'insert',
      undefined,
    ],
  ])('%s is refused', (_, change, tag, attribute, appTag) => {
    const error = refusal(rules('ab') + servers('ab'), change);
    expect(error.tag).toBe(tag);
    expect(error.appTag).toBe(appTag);
    expect(infoOf(error)['bad-attribute']).toBe(attribute);
  });
});

describe('refusals', () => {
  test.each([
    ['create of what is there', `<box ${op('create')}><id>1</id></box>`, 'data-exists', "/lab:lab/lab:box[lab:id='1']"],
    ['create of a leaf that is there', `<name ${op('create')}>b</name>`, 'data-exists', '/lab:lab/lab:name'],
    [
      'create of a value that is there',
      `<server ${op('create')}>a</server>`,
      'data-exists',
      "/lab:lab/lab:server[.='a']",
    ],
    [
      'delete of what is not there',
      `<box ${op('delete')}><id>9</id></box>`,
      'data-missing',
      "/lab:lab/lab:box[lab:id='9']",
    ],
    [
      'delete inside what is not there',
      `<options><other ${op('delete')}/></options>`,
      'data-missing',
      '/lab:lab/lab:options/lab:other',
    ],
    ['an entry without its key', '<box><size>1</size></box>', 'missing-element', '/lab:lab/lab:box'],
    ['an unknown element', '<nobody/>', 'unknown-element', '/lab:lab'],
    ['state', box(1, '<full>true</full>'), 'unknown-element', "/lab:lab/lab:box[lab:id='1']"],
    ['an unknown namespace', '<x xmlns="urn:nobody"/>', 'unknown-namespace', '/lab:lab'],
    ['an unknown operation', '<name nc:operation="destroy"/>', 'bad-attribute', '/lab:lab/lab:name'],
    [
      'an operation on a key',
      box(1).replace('<id>', `<id ${op('delete')}>`),
      'bad-attribute',
      "/lab:lab/lab:box[lab:id='1']/lab:id",
    ],
    [
      'two cases at once',
      box(1, '<apples>1</apples><pears>1</pears>'),
      'bad-element',
      "/lab:lab/lab:box[lab:id='1']/lab:pears",
    ],
  ])('%s', (_, change, tag, path) => {
    const error = refusal(`${box(1)}<name>a</name><server>a</server>`, change);
    expect(error.tag).toBe(tag);
    expect(error.path?.xpath).toBe(path);
    expect(error.path?.namespaces).toEqual({ lab: 'urn:example:lab' });
    expect(error.message).not.toBe('');
  });

  test('by default none, of what is not there', () => {
    expect(refusal('', box(1, `<size ${op('create')}>1</size>`), 'none').tag).toBe('data-missing');
    expect(refusal('', '<name>a</name>', 'none').tag).toBe('data-missing');
  });

  test('the first, or all of them', () => {
    const change = inLab(`<nobody/><name ${op('delete')}/><box><size>1</size></box>`);
    const first = edit(plain(''), change);
    expect(first.ok ? [] : first.failure.map(({ tag }) => tag)).toEqual(['unknown-element']);
    const all = edit(plain(''), change, 'merge', true);
    expect(all.ok ? [] : all.failure.map(({ tag }) => tag)).toEqual([
      'unknown-element',
      'data-missing',
      'missing-element',
    ]);
  });
});

describe('laws', () => {
  const leaf = (name: string, values: fc.Arbitrary<string | number>) =>
    values.map((value) => `<${name}>${value}</${name}>`);
  const boxes = fc
    .uniqueArray(fc.record({ id: fc.nat(5), size: fc.nat(9), tags: fc.subarray(['a', 'b', 'c']) }), {
      selector: ({ id }) => id,
    })
    .map((all) =>
      all
        .map(({ id, size, tags }) => box(id, `<size>${size}</size>${tags.map((tag) => `<tag>${tag}</tag>`).join('')}`))
        .join(''),
    );
  const rules = fc
    .shuffledSubarray(['x', 'y', 'z', 'w'])
    .map((all) => all.map((name) => `<rule><name>${name}</name></rule>`).join(''));
  const config = fc
    .tuple(
      fc.option(leaf('name', fc.constantFrom('a', 'b')), { nil: '' }),
      fc.option(leaf('level', fc.nat(100)), { nil: '' }),
      boxes,
      rules,
    )
    .map((parts) => parts.join(''));

  const changes = (before: string, after: string) =>
    Array.from(
      treeDifference(elements(before), elements(after), lab().schema),
      ({ operation, path }) => `${operation} ${pathText(path, lab().schema)}`,
    );

  test('what replaces is what is there afterwards', () => {
    fc.assert(
      fc.property(config, config, (before, wanted) => {
        const result = edit(
          plain(before),
          plain(wanted).replace('<lab', `<lab xmlns:nc="${BASE_NAMESPACE}" ${op('replace')}`),
        );
        const written = result.ok
          ? result.value.map(writeXml).join('').replace(` xmlns:nc="${BASE_NAMESPACE}"`, '')
          : '';
        expect(changes(plain(wanted), written)).toEqual([]);
        expect(written.replace('/>', '></lab>')).toBe(plain(wanted));
      }),
    );
  });

  test('merging twice is merging once, and nothing is lost', () => {
    fc.assert(
      fc.property(config, config, (before, more) => {
        const once = edited(before, more);
        expect(edited(once, more)).toBe(once);
        expect(changes(plain(before), plain(once)).filter((change) => change.startsWith('delete'))).toEqual([]);
      }),
    );
  });

  test('what was created can be deleted again', () => {
    fc.assert(
      fc.property(config, (before) => {
        const created = edited(before, `<box ${op('create')}><id>77</id><size>1</size></box>`);
        expect(edited(created, `<box ${op('delete')}><id>77</id></box>`)).toBe(before);
      }),
    );
  });

  test('an edit does not touch the tree it starts from', () => {
    fc.assert(
      fc.property(config, config, (before, more) => {
        const current = elements(plain(before));
        const text = current.map(writeXml).join('');
        for (const last of ['', '<nobody/>']) {
          editTree(
            current,
            elements(plain(more + last)),
            { defaultOperation: 'merge', allErrors: false },
            lab().schema,
          );
          expect(current.map(writeXml).join('')).toBe(text);
        }
      }),
    );
  });

  test('there is no difference exactly where nothing changed', () => {
    fc.assert(
      fc.property(config, config, (before, after) => {
        expect(changes(plain(before), plain(before))).toEqual([]);
        const sorted = (text: string) =>
          text.match(/<box>.*?<\/box>|<rule>.*?<\/rule>|<\w+>\w+<\/\w+>/g)?.toSorted() ?? [];
        const rulesOf = (text: string) => text.match(/<rule>.*?<\/rule>/g) ?? [];
        const same =
          JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)) &&
          JSON.stringify(rulesOf(before)) === JSON.stringify(rulesOf(after));
        expect(changes(plain(before), plain(after)).length === 0).toBe(same);
      }),
    );
  });
});

test('a difference names every node, parents first', () => {
  const before = plain(
    `<name>a</name>${box(1, '<size>5</size>')}${box(2)}<rule><name>x</name></rule><rule><name>y</name></rule>`,
  );
  const after = plain(
    `<name>b</name>${box(1)}${box(3, '<tag>t</tag>')}<rule><name>y</name></rule><rule><name>x</name></rule>`,
  );
  const found = Array.from(treeDifference(elements(before), elements(after), lab().schema), ({ operation, path }) => [
    operation,
    pathText(path, lab().schema),
  ]);
  expect(found).toEqual([
    ['delete', "/lab:lab/box[id='2']"],
    ['delete', "/lab:lab/box[id='2']/id"],
    ['update', '/lab:lab/name'],
    ['delete', "/lab:lab/box[id='1']/size"],
    ['create', "/lab:lab/box[id='3']"],
    ['create', "/lab:lab/box[id='3']/id"],
    ['create', "/lab:lab/box[id='3']/tag[.='t']"],
    ['update', "/lab:lab/rule[name='y']"],
    ['update', "/lab:lab/rule[name='x']"],
  ]);
});
