import { readdirSync, readFileSync } from 'node:fs';
import { failed, ok, silentLog, unwrap } from '@sublane/basics';
import {
  BASE_NAMESPACE,
  CLIENT_LIMITS,
  childElement,
  childElements,
  ERROR_TAGS,
  type ErrorTag,
  elementText,
  encodeRpcError,
  readXml,
  rpcError,
  type XmlElement,
} from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { type AccessControl, UNRESTRICTED } from './access.ts';
import { openDatastores } from './open-datastores.ts';
import { OK, refused } from './rpc-table.ts';
import { APPENDIX_A, faultsOf } from './testing/appendix-a.ts';
import { ANN, connect, inLab, LAB, serve } from './testing/harness.ts';
import { lab } from './testing/lab.ts';
import { RawPeer, rpcText } from './testing/raw-peer.ts';
import { infoOf } from './testing/test-client.ts';

const edit = (inside: string, more = '') =>
  `<edit-config><target><running/></target>${more}<config xmlns:nc="${BASE_NAMESPACE}">${inLab(inside)}</config></edit-config>`;
const BOX = '<box><id>1</id><label>a</label></box>';
const guarded: AccessControl = {
  ...UNRESTRICTED,
  mayInvoke: (_, __, rpc) => (rpc === 'secret' ? { permit: false, rule: 'no secrets' } : { permit: true }),
};

async function open() {
  const datastores = unwrap(
    await openDatastores({
      schema: lab().context,
      log: silentLog,
      initial: inLab(BOX),
      candidate: true,
      participants: [
        {
          name: 'the stubborn one',
          undo: () => Promise.reject(new Error('no way back')),
        },
        {
          name: 'the one that refuses',
          apply: ({ after }) =>
            after.xml.includes('refuse me') ? failed([rpcError.resourceDenied('application')]) : ok(),
        },
      ],
    }),
  );
  return serve({
    datastores,
    access: guarded,
    limits: { depth: 20 },
    rpcs: {
      'lab:fail': () =>
        refused(rpcError.resourceDenied('application', { message: 'no memory' }), rpcError.inUse('protocol')),
      'lab:secret': () => OK,
    },
  });
}

/** Two sessions of one server; the second has done what it says. */
async function pair(first: string) {
  const server = await open();
  const [client, other] = [await connect(server, 'ann'), await connect(server, 'bea')];
  await other.rpc(first);
  return { client, other };
}
const lone = async () => connect(await open());
const LOCK = (name: string) => `<lock><target><${name}/></target></lock>`;

/** One way at least to each tag, through a session. */
const WAYS: readonly (readonly [ErrorTag, string, () => Promise<XmlElement>])[] = [
  ['in-use', 'a commit while another holds running', async () => (await pair(LOCK('running'))).client.rpc('<commit/>')],
  [
    'invalid-value',
    'a value that is none',
    async () => (await lone()).rpc(`<echo ${LAB}><text>a</text><times>0</times></echo>`),
  ],
  [
    'invalid-value',
    'a choice that is none',
    async () => (await lone()).rpc(edit('', '<default-operation>add</default-operation>')),
  ],
  [
    'invalid-value',
    'the session itself',
    async () => (await lone()).rpc('<kill-session><session-id>1</session-id></kill-session>'),
  ],
  [
    'too-big',
    'elements too deep',
    async () => (await lone()).rpc(`<get><filter>${'<a>'.repeat(30)}${'</a>'.repeat(30)}</filter></get>`),
  ],
  ['missing-attribute', 'no message-id', () => raw(rpcText('<get/>', ''))],
  ['bad-attribute', 'a message-id that is too long', () => raw(rpcText('<get/>', ` message-id="${'1'.repeat(4096)}"`))],
  ['bad-attribute', 'a filter of no type', async () => (await lone()).rpc('<get><filter type="regex"/></get>')],
  [
    'bad-attribute',
    'an operation that is none',
    async () => (await lone()).rpc(edit('<name nc:operation="add">a</name>')),
  ],
  ['unknown-attribute', 'on an operation', async () => (await lone()).rpc('<get now="1"/>')],
  ['unknown-attribute', 'on a parameter', async () => (await lone()).rpc('<get><filter typ="subtree"/></get>')],
  [
    'unknown-attribute',
    'on an rpc of a module',
    async () => (await lone()).rpc(`<echo ${LAB} loud="1"><text>a</text></echo>`),
  ],
  ['unknown-attribute', 'on a leaf', async () => (await lone()).rpc(`<echo ${LAB}><text loud="1">a</text></echo>`)],
  [
    'unknown-attribute',
    "of XML's, on a leaf",
    async () => (await lone()).rpc(`<echo ${LAB}><text xml:lang="en">a</text></echo>`),
  ],
  ['missing-element', 'a parameter', async () => (await lone()).rpc('<edit-config><config/></edit-config>')],
  ['missing-element', 'a leaf', async () => (await lone()).rpc(`<echo ${LAB}/>`)],
  ['missing-element', 'a key', async () => (await lone()).rpc(edit('<box><label>b</label></box>'))],
  ['missing-element', 'an operation', () => raw(rpcText(''))],
  ['bad-element', 'a parameter twice', async () => (await lone()).rpc('<get><filter/><filter/></get>')],
  ['bad-element', 'two operations', () => raw(rpcText('<get/><get/>'))],
  ['bad-element', 'text beside an operation', () => raw(rpcText('now <get/>'))],
  ['bad-element', 'text in an operation', () => raw(rpcText('<get>now</get>'))],
  [
    'bad-element',
    'text in an rpc of a module',
    async () => (await lone()).rpc(`<echo ${LAB}>now<text>a</text></echo>`),
  ],
  ['bad-element', 'text beside an rpc of a module', () => raw(rpcText(`now <echo ${LAB}><text>a</text></echo>`))],
  ['unknown-element', 'a parameter', async () => (await lone()).rpc('<get><filters/></get>')],
  ['unknown-element', 'a leaf', async () => (await lone()).rpc(`<echo ${LAB}><text>a</text><more/></echo>`)],
  ['unknown-element', 'an element in a leaf', async () => (await lone()).rpc(`<echo ${LAB}><text>a<b/></text></echo>`)],
  ['unknown-element', 'in the configuration', async () => (await lone()).rpc(edit('<colours/>'))],
  ['unknown-element', 'no <rpc>', () => raw(`<rpcs xmlns="${BASE_NAMESPACE}"/>`)],
  ['unknown-namespace', 'of an operation', async () => (await lone()).rpc('<get xmlns="urn:nobody"/>')],
  [
    'unknown-namespace',
    'in an rpc',
    async () => (await lone()).rpc(`<echo ${LAB}><text>a</text><b xmlns="urn:nobody"/></echo>`),
  ],
  ['unknown-namespace', 'in the configuration', async () => (await lone()).rpc(edit('<b xmlns="urn:nobody"/>'))],
  ['access-denied', 'an rpc', async () => (await lone()).rpc(`<secret ${LAB}/>`)],
  [
    'lock-denied',
    'a lock another session holds',
    async () => (await pair(LOCK('running'))).client.rpc(LOCK('running')),
  ],
  ['resource-denied', 'by the application', async () => (await lone()).rpc(`<fail ${LAB}/>`)],
  ['rollback-failed', 'a participant that cannot undo', async () => (await lone()).rpc(edit('<name>refuse me</name>'))],
  [
    'data-exists',
    'what is to be created is there',
    async () => (await lone()).rpc(edit(BOX.replace('<box>', '<box nc:operation="create">'))),
  ],
  [
    'data-missing',
    'what is to be deleted is not',
    async () => (await lone()).rpc(edit('<box nc:operation="delete"><id>2</id></box>')),
  ],
  ['data-missing', 'a leafref to nothing', async () => (await lone()).rpc(edit('<first-box>7</first-box>'))],
  ['operation-not-supported', 'an operation nobody has', async () => (await lone()).rpc('<halt/>')],
  ['operation-failed', 'a must', async () => (await lone()).rpc(edit(BOX.replace('<label>a', '<label>forbidden')))],
  ['malformed-message', 'no XML', () => raw('<rpc')],
];

async function raw(message: string): Promise<XmlElement> {
  const peer = new RawPeer(await open(), ANN);
  await peer.open();
  return peer.ask(message);
}

const errorsIn = (reply: XmlElement) => childElements(reply).filter(({ name }) => name === 'rpc-error');

describe('every error of RFC 6241 Appendix A, from a session', () => {
  test.each(WAYS)('%s, provoked by: %s', async (tag, _, provoke) => {
    const reply = await provoke();
    const errors = errorsIn(reply);
    expect(errors.flatMap(faultsOf)).toEqual([]);
    expect(errors.map((error) => elementText(childElement(error, 'error-tag')!))).toContain(tag);
    // §4.4: <ok> only "if no errors or warnings occurred".
    expect(childElements(reply)).toEqual(errors);
  });

  test('none is left out but the obsolete one, which is never sent', () => {
    const provoked = new Set(WAYS.map(([tag]) => tag));
    expect(ERROR_TAGS.filter((tag) => !provoked.has(tag))).toEqual(['partial-operation']);
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
    );
    const users = sources.filter((file) =>
      readFileSync(`${import.meta.dirname}/${file}`, 'utf8').includes('partialOperation'),
    );
    expect([sources.length > 20, users]).toEqual([true, []]);
  });
});

test('several errors of one request come in one reply, each whole (§4.3)', async () => {
  const reply = await (await lone()).rpc(`<fail ${LAB}/>`);
  expect(errorsIn(reply).map((error) => elementText(childElement(error, 'error-tag')!))).toEqual([
    'resource-denied',
    'in-use',
  ]);
  const stopped = await (await lone()).rpc(edit('<name>refuse me</name>'));
  expect(errorsIn(stopped)).toHaveLength(2);
});

test('lock-denied names the session that holds the lock', async () => {
  const { client, other } = await pair(LOCK('candidate'));
  const [error] = errorsIn(await client.rpc(LOCK('candidate')));
  const id = childElement(childElement(error!, 'error-info')!, 'session-id');
  expect(elementText(id!)).toBe('2');
  expect((await other.errors('<kill-session><session-id>2</session-id></kill-session>'))[0]?.tag).toBe('invalid-value');
});

test.each([
  ['on the operation', `<echo ${LAB} loud="1"><text>a</text></echo>`, 'echo'],
  ['on a leaf', `<echo ${LAB}><text loud="1">a</text></echo>`, 'text'],
  ['with a prefix', `<echo ${LAB}><l:text xmlns:l="urn:example:lab" l:loud="1">a</l:text></echo>`, 'text'],
])('unknown-attribute says which element has it: %s', async (_, operation, element) => {
  const [error] = await (await lone()).errors(operation);
  expect(infoOf(error!)).toEqual({ 'bad-attribute': 'loud', 'bad-element': element });
});

test('error-app-tag, error-path and error-info of the data model are in one error (§4.3)', async () => {
  const inside = '<box><id>1</id><label>a</label><size>1000</size></box>';
  const [error] = errorsIn(await (await lone()).rpc(edit(inside)));
  expect(childElements(error!).map((child) => [child.name, elementText(child)])).toEqual([
    ['error-type', 'application'],
    ['error-tag', 'operation-failed'],
    ['error-severity', 'error'],
    ['error-app-tag', 'too-large'],
    ['error-path', "/lab:lab/lab:box[lab:id='1']"],
    ['error-message', 'a box is smaller than 1000'],
  ]);
});

describe('the check itself', () => {
  const right = encodeRpcError(
    rpcError.missingElement('protocol', 'a', {
      message: 'm',
      path: { xpath: "/a:b/a:c[a:d='/x:y']", namespaces: { a: 'urn:a' } },
    }),
  );
  const faults = (xml: string) => faultsOf(unwrap(readXml(xml, CLIENT_LIMITS)));

  test('has a rule for each tag, and nothing against a right one', () => {
    expect(Object.keys(APPENDIX_A).sort()).toEqual([...ERROR_TAGS].sort());
    expect(faults(right)).toEqual([]);
  });

  test.each([
    ['the order', (xml: string) => xml.replace(/(<error-type>.*?<\/error-type>)(<error-tag>.*?<\/error-tag>)/, '$2$1')],
    ['a severity', (xml: string) => xml.replace('>error<', '>warning<')],
    ['a type', (xml: string) => xml.replace('>protocol<', '>transport<')],
    ['no error-info', (xml: string) => xml.replace(/<error-info>.*<\/error-info>/, '')],
    ['another error-info', (xml: string) => xml.replaceAll('bad-element', 'bad-attribute')],
    ['a name that is none', (xml: string) => xml.replace('>a</bad', '>a b</bad')],
    ['no language', (xml: string) => xml.replace(/ xml:lang="en"/, '')],
    ['a prefix nobody bound', (xml: string) => xml.replaceAll('a:c', 'z:c')],
    ['a path without prefixes', (xml: string) => xml.replaceAll('a:b', 'b')],
    ['a path from somewhere', (xml: string) => xml.replace('/a:b', 'a:b')],
    ['a tag nobody knows', (xml: string) => xml.replace('missing-element<', 'missing<')],
    ['another namespace', (xml: string) => xml.replace(BASE_NAMESPACE, 'urn:x')],
  ])('finds %s', (_, spoil) => {
    expect(spoil(right)).not.toBe(right);
    expect(faults(spoil(right))).not.toEqual([]);
  });
});
