import { unwrap } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';
import { expect, test } from 'vitest';
import { notificationToJson } from './json.ts';

const HARBOUR = `module harbour { yang-version 1.1; namespace "urn:h"; prefix h;
  identity cargo; identity grain { base cargo; }
  container harbour { list berth { key "name"; leaf name { type string; } leaf depth { type uint8; } } }
  notification moored {
    leaf at { type instance-identifier; }
    leaf-list again { type instance-identifier; }
    leaf ship { type leafref { path "/h:harbour/h:berth/h:name"; } }
    leaf draught { type uint8; } leaf weight { type uint64; } leaf length { type decimal64 { fraction-digits 1; } }
    leaf whole { type boolean; } leaf flag { type empty; } leaf carries { type identityref { base cargo; } }
    leaf number { type union { type uint16; type enumeration { enum none; } type string; } }
    list crew { key name; leaf name { type string; } leaf-list task { type string; } }
    choice pilot { case one { leaf pilot-name { type string; } } }
    container papers { presence "they are there"; }
    anydata more;
  } }`;
const OTHER = `module other { yang-version 1.1; namespace "urn:o"; prefix o; import harbour { prefix h; }
  augment "/h:harbour/h:berth" { leaf light { type string; } } augment "/h:moored" { leaf seen { type int8; } } }`;

const context = unwrap(
  Libyang.load().createContext({
    sources: [
      { name: 'harbour', text: HARBOUR },
      { name: 'other', text: OTHER },
    ],
    implement: [{ name: 'harbour' }, { name: 'other' }],
  }),
);

const notification = (content: string) =>
  `<?xml version="1.0"?>\n<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>2026-05-01T12:00:00Z</eventTime><moored xmlns="urn:h" xmlns:h="urn:h" xmlns:o="urn:o">${content}</moored></notification>`;
const json = (content: string) => JSON.parse(unwrap(notificationToJson(context, notification(content))));

test('what points into the datastore is JSON all the same, each value as its type wants it', () => {
  expect(
    json(`<at>/h:harbour/h:berth[h:name='x:y']/o:light</at><again>/h:harbour</again><ship>Ada</ship>
      <draught>4</draught><weight>18446744073709551615</weight><length>12.5</length><whole>true</whole><flag/>
      <carries>h:grain</carries><number>7</number><crew><name>Ben</name><task>cook</task></crew>
      <pilot-name>Cid</pilot-name><papers/><more><x xmlns="urn:x"><y>1</y></x></more><o:seen>-1</o:seen>`),
  ).toEqual({
    'harbour:moored': {
      at: "/harbour:harbour/berth[name='x:y']/other:light",
      again: ['/harbour:harbour'],
      ship: 'Ada',
      draught: 4,
      weight: '18446744073709551615',
      length: '12.5',
      whole: true,
      flag: [null],
      carries: 'harbour:grain',
      number: 7,
      crew: [{ name: 'Ben', task: ['cook'] }],
      'pilot-name': 'Cid',
      papers: {},
      more: { 'urn:x:x': { y: '1' } },
      'other:seen': -1,
    },
  });
  expect(json('<at>/h:harbour</at><number>none</number>')['harbour:moored'].number).toBe('none');
});

test('the same as libyang gives where it can', () => {
  const content =
    '<draught>4</draught><flag/><carries>h:grain</carries><number>7</number><crew><name>Ben</name></crew>';
  const { at, ...rest } = json(`<at>/h:harbour</at>${content}`)['harbour:moored'];
  expect(at).toBe('/harbour:harbour');
  expect(json(content)['harbour:moored']).toEqual(rest);
});

test('what is wrong stays wrong', () => {
  expect(notificationToJson(context, notification('<draught>many</draught>'))).toMatchObject({
    ok: false,
    failure: { kind: 'invalid', errors: [{ reason: 'value' }] },
  });
});
