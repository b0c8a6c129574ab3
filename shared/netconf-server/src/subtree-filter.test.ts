import { writeXml } from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applySubtreeFilter, filtersOfRoot, requestedValues } from './subtree-filter.ts';
import { element, elements, lab } from './testing/lab.ts';
import { BARNEY, FRED, ROOT, USERS_DATA, USERS_NAMESPACE } from './testing/users-module.ts';

const NS = `xmlns="${USERS_NAMESPACE}"`;

/** What a filter selects of some data, as text. */
function selected(filter: string, data = USERS_DATA): string {
  return applySubtreeFilter(element(`<filter>${filter}</filter>`), elements(data), lab().schema)
    .map(writeXml)
    .join('');
}

const top = (inside: string) => `<top ${NS}>${inside}</top>`;
const users = (inside: string) => top(`<users>${inside}</users>`);

describe('the examples of RFC 6241 §6.4', () => {
  test('§6.4.2 an empty filter selects nothing', () => {
    expect(selected('')).toBe('');
  });

  test('§6.4.3 the entire users subtree', () => {
    expect(selected(top('<users/>'))).toBe(USERS_DATA);
    expect(selected(`<top ${NS}><users> \n </users></top>`)).toBe(USERS_DATA);
    expect(selected(users('<user/>'))).toBe(USERS_DATA);
    expect(selected(`<top ${NS}/>`)).toBe(USERS_DATA);
  });

  test('§6.4.4 all name elements within the users subtree', () => {
    expect(selected(users('<user><name/></user>'))).toBe(
      users('<user><name>root</name></user><user><name>fred</name></user><user><name>barney</name></user>'),
    );
  });

  test('§6.4.5 one specific user entry', () => {
    expect(selected(users('<user><name>fred</name></user>'))).toBe(users(FRED));
  });

  test('§6.4.6 specific elements from a specific user entry', () => {
    expect(selected(users('<user><name>fred</name><type/><full-name/></user>'))).toBe(
      users('<user><name>fred</name><type>admin</type><full-name>Fred Flintstone</full-name></user>'),
    );
  });

  test('§6.4.7 multiple subtrees', () => {
    const filter = users(
      '<user><name>root</name><company-info/></user>' +
        '<user><name>fred</name><company-info><id/></company-info></user>' +
        '<user><name>barney</name><type>superuser</type><company-info><dept/></company-info></user>',
    );
    expect(selected(filter)).toBe(
      users(
        '<user><name>root</name><company-info><dept>1</dept><id>1</id></company-info></user>' +
          '<user><name>fred</name><company-info><id>2</id></company-info></user>',
      ),
    );
  });

  test('§6.4.8 elements with attribute naming', () => {
    const data =
      '<interfaces xmlns="urn:no-schema"><interface ifName="eth0"><ifInOctets>45621</ifInOctets></interface>' +
      '<interface ifName="eth1"><ifInOctets>7</ifInOctets></interface></interfaces>';
    expect(selected('<interfaces xmlns="urn:no-schema"><interface ifName="eth0"/></interfaces>', data)).toBe(
      '<interfaces xmlns="urn:no-schema"><interface ifName="eth0"><ifInOctets>45621</ifInOctets></interface></interfaces>',
    );
    expect(selected('<interfaces xmlns="urn:no-schema"><interface ifName="eth9"/></interfaces>', data)).toBe('');
    expect(selected('<interfaces xmlns="urn:no-schema"><interface other="eth0"/></interfaces>', data)).toBe('');
  });
});

describe('content matches (§6.2.5)', () => {
  test('are combined by AND, and select nothing when one is false', () => {
    expect(selected(users('<user><type>admin</type><full-name>Barney Rubble</full-name></user>'))).toBe(users(BARNEY));
    expect(selected(users('<user><type>admin</type><full-name>Charlie Root</full-name></user>'))).toBe('');
    expect(selected(users('<user><name>root</name><company-info><dept>2</dept></company-info></user>'))).toBe(
      users('<user><name>root</name></user>'),
    );
  });

  test('ignore white space around, not within', () => {
    expect(selected(users('<user><name>\n fred\t</name></user>'))).toBe(users(FRED));
    expect(selected(users('<user><full-name>Fred  Flintstone</full-name></user>'))).toBe('');
  });

  test('select one value of a leaf-list, and compare by type', () => {
    const data =
      '<lab xmlns="urn:example:lab" xmlns:l="urn:example:lab"><level>7</level><ratio>1.5</ratio><colour>l:red</colour>' +
      '<server>a</server><server>b</server></lab>';
    const one = (inside: string) =>
      selected(`<lab xmlns="urn:example:lab" xmlns:x="urn:example:lab">${inside}</lab>`, data);
    expect(one('<server>b</server><level/>')).toContain('<level>7</level><server>b</server>');
    expect(one('<server>b</server><level/>')).not.toContain('<server>a</server>');
    expect(one('<level>+07</level><name/>')).toContain('<level>7</level>');
    expect(one('<ratio>1.50</ratio>')).toContain('<server>a</server>');
    expect(one('<colour>x:red</colour>')).toContain('<server>a</server>');
    expect(one('<colour>red</colour>')).toContain('<server>a</server>');
    expect(one('<colour>x:blue</colour>')).toBe('');
    expect(one('<server>c</server>')).toBe('');
  });
});

describe('namespaces (§6.2.1)', () => {
  const data = `${USERS_DATA}<top xmlns="urn:other"><users><user><name>fred</name></user></users></top>`;

  test('select', () => {
    expect(selected('<top xmlns="urn:other"/>', data)).toContain('urn:other');
    expect(selected('<top xmlns="urn:other"/>', data)).not.toContain(USERS_NAMESPACE);
    expect(selected('<top xmlns="urn:nobody"/>', data)).toBe('');
  });

  test('none means any; the prefix does not matter', () => {
    expect(selected('<top xmlns=""><users><user><name>fred</name></user></users></top>', data)).toBe(
      `${users(FRED)}<top xmlns="urn:other"><users><user><name>fred</name></user></users></top>`,
    );
    expect(
      selected(`<t:top xmlns:t="${USERS_NAMESPACE}"><t:users><t:user><t:name>fred</t:name></t:user></t:users></t:top>`),
    ).toBe(users(FRED));
  });

  test('of filter nodes side by side at the top are independent', () => {
    expect(selected(`<top xmlns="urn:other"/>${users('<user><name>root</name></user>')}`, data)).toContain(users(ROOT));
  });
});

describe('what a provider reads off its filters', () => {
  const filters = (inside: string) =>
    filtersOfRoot(element(`<filter>${inside}</filter>`), { namespace: USERS_NAMESPACE, name: 'top' });

  test.each([
    [users('<user><name>fred</name></user>'), ['fred']],
    [users('<user><name>fred</name><type/></user><user><name> root </name></user>'), ['fred', 'root']],
    [users('<user><type>admin</type></user>'), undefined],
    [users('<user/>'), undefined],
    [users('<user><name/></user>'), undefined],
    [top('<users/>'), undefined],
    [top('<users><user><name>fred</name></user></users><interfaces/>'), undefined],
    ['<top xmlns="urn:other"/>', []],
  ])('%s asks for %j', (filter, values) => {
    expect(requestedValues(filters(filter), ['users', 'user', 'name'])).toEqual(values);
  });
});

describe('laws', () => {
  const name = fc.constantFrom('fred', 'barney', 'root', 'wilma');
  const text = (tag: string, value: fc.Arbitrary<string>) => value.map((one) => `<${tag}>${one}</${tag}>`);
  const empty = (tag: string) => fc.constant(`<${tag}/>`);
  const company = fc
    .subarray(['<dept/>', '<id/>', '<dept>2</dept>', '<id>1</id>'])
    .map((inside) => `<company-info>${inside.join('')}</company-info>`);
  const userFilter = fc
    .array(
      fc.oneof(
        text('name', name),
        text('type', fc.constantFrom('admin', 'guest')),
        empty('name'),
        empty('type'),
        company,
      ),
      {
        maxLength: 4,
      },
    )
    .map((inside) => `<user>${inside.join('')}</user>`);
  const filter = fc.array(userFilter, { minLength: 1, maxLength: 4 }).map((all) => users(all.join('')));

  test('a filter selects the same again of what it selected', () => {
    fc.assert(
      fc.property(filter, (one) => {
        const first = selected(one);
        expect(selected(one, first)).toBe(first);
      }),
    );
  });

  test('what two filters select together holds what each selects', () => {
    fc.assert(
      fc.property(filter, filter, (one, two) => {
        const both = selected(one.replace('</users></top>', '') + two.slice(two.indexOf('<users>') + '<users>'.length));
        for (const alone of [one, two]) expect(selected(alone, both)).toBe(selected(alone));
      }),
    );
  });

  test('every entry selected is one of the data, with its key', () => {
    fc.assert(
      fc.property(filter, (one) => {
        for (const entry of selected(one).match(/<user>.*?<\/user>/g) ?? []) {
          expect(entry).toMatch(/^<user><name>(fred|barney|root)<\/name>/);
        }
      }),
    );
  });
});
