// RFC 8341 §3.2.4 to §3.2.9 and §3.4.5, on real sessions.
import { childElement, writeXml, type XmlElement } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { copy, deleteConfig, edit, NC } from '../testing/config-calls.ts';
import { connect, inLab, LAB } from '../testing/harness.ts';
import { GUARDED_NS, nacmServer, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import { errorsOf, isOk, type TestClient } from '../testing/test-client.ts';

const ALL_EXEC = rule('exec', 'permit', { operations: 'exec' });
/** What the red may do with data; operations are all permitted to them. */
const red = (...rules: string[]) => ruleList('red', ['red'], ALL_EXEC, ...rules);
const WRITES_ALL = rule('writes', 'permit', { operations: 'create update delete' });
const CANDIDATE = { candidate: true };

async function open(configuration: string, rules: string, more = {}) {
  const { server, datastores } = await nacmServer(nacmXml(rules) + configuration, {}, more);
  return {
    client: await connect(server, 'ann', 'red'),
    root: await connect(server, 'root', 'recovery'),
    datastores,
    server,
  };
}

async function said(client: TestClient, operation: string): Promise<string> {
  const reply = await client.rpc(operation);
  if (isOk(reply)) return 'ok';
  return errorsOf(reply)
    .map(({ tag, path, message }) => [tag, path?.xpath, message === 'access denied' ? undefined : message])
    .map((parts) => parts.filter((part) => part !== undefined).join(' '))
    .join();
}

const dataOf = (reply: XmlElement) =>
  (childElement(reply, 'data')?.children ?? [])
    .filter((child) => typeof child !== 'string')
    .map(writeXml)
    .join('')
    .replaceAll(/ xmlns="[^"]*"/g, '');
const read = async (client: TestClient, filter = '', source = 'running') =>
  dataOf(await client.rpc(`<get-config><source><${source}/></source>${filter}</get-config>`));

const BOXES = inLab('<box><id>1</id><label>one</label><size>5</size></box><box><id>2</id><label>two</label></box>');

describe('reading (§3.2.4)', () => {
  test('leaves out what may not be read, and all below it, without a word', async () => {
    const secret = rule('no-sizes', 'deny', { path: '/l:lab/l:box/l:size', operations: 'read' });
    const { client } = await open(BOXES, red(secret, rule('no-two', 'deny', { path: "/l:lab/l:box[l:id='2']" })));
    expect(await read(client)).toBe('<lab><box><id>1</id><label>one</label></box></lab>');
  });

  test('an entry whose key may not be read is not shown either', async () => {
    const { client } = await open(BOXES, red(rule('no-ids', 'deny', { path: '/l:lab/l:box/l:id' })));
    expect(await read(client)).toBe('<lab/>');
  });

  test('a filter is applied to what may be read: it finds out nothing about the rest', async () => {
    const { client } = await open(BOXES, red(rule('no-sizes', 'deny', { path: '/l:lab/l:box/l:size' })));
    const filtered = (inside: string) => read(client, `<filter>${inLab(inside)}</filter>`);
    expect(await filtered('<box><size>5</size></box>')).toBe('');
    expect(await filtered('<box><id>1</id><size/></box>')).not.toContain('5');
    expect(await filtered('<box><label>one</label></box>')).toContain('<id>1</id>');
    const xpath = (select: string) =>
      read(client, `<filter type="xpath" xmlns:l="urn:example:lab" select="${select}"/>`);
    expect(await xpath('/l:lab/l:box[l:size=5]')).toBe('');
    expect(await xpath('/l:lab/l:box[not(l:size)]/l:label')).toContain('one');
    expect(await xpath('/l:lab/l:box[l:id=1]')).toContain('one');
  });

  test('read-default decides where no rule matches; statements of the module before it (steps 9 to 11)', async () => {
    const vault = `<vault ${GUARDED_NS}><sign>closed</sign><treasure><gold>3</gold></treasure></vault>`;
    const { client, root } = await open(vault, red());
    expect(await read(client)).toBe('<vault><sign>closed</sign></vault>');
    expect(await read(root)).toContain('<gold>3</gold>');
    const denied = await open(vault, `<read-default>deny</read-default>${red()}`);
    expect(await read(denied.client)).toBe('');
    const granted = await open(vault, red(rule('gold', 'permit', { path: '/g:vault/g:treasure' })));
    expect(await read(granted.client)).toContain('<gold>3</gold>');
  });

  test('a rule about a module is about the nodes that it defines', async () => {
    const data = inLab(`<box><id>1</id><label>one</label><owner ${GUARDED_NS}>ann</owner></box>`);
    const { client } = await open(data, red(rule('no-guarded', 'deny', { module: 'guarded' })));
    expect(await read(client)).toBe('<lab><box><id>1</id><label>one</label></box></lab>');
  });

  test('$USER is the name of the session’s user', async () => {
    const homes = `<homes ${GUARDED_NS}><home><user>ann</user><address>a</address></home><home><user>bob</user><address>b</address></home></homes>`;
    const rules = red(
      rule('own', 'permit', { path: '/g:homes/g:home[g:user=$USER]' }),
      rule('others', 'deny', { path: '/g:homes/g:home' }),
    );
    const { client, server } = await open(homes, rules);
    expect(await read(client)).toBe('<homes><home><user>ann</user><address>a</address></home></homes>');
    expect(await read(await connect(server, 'bob', 'red'))).toContain('<user>bob</user>');
  });

  test('holds for the candidate and for state as it does for running', async () => {
    const { server } = await nacmServer(
      nacmXml(
        red(rule('no', 'deny', { path: '/l:counters/l:beats' }), rule('none', 'deny', { path: '/l:lab/l:name' })),
      ) + inLab('<name>a</name><level>3</level>'),
      {
        operational: [
          {
            module: 'lab',
            name: 'counters',
            read: () => ({
              ok: true,
              value: `<counters ${LAB}><beats>7</beats><probe><id>1</id></probe></counters>`,
            }),
          },
        ],
      },
      CANDIDATE,
    );
    const client = await connect(server, 'ann', 'red');
    expect(await read(client, '', 'candidate')).toBe('<lab><level>3</level></lab>');
    const state = dataOf(await client.rpc(`<get><filter><counters ${LAB}/></filter></get>`));
    expect(state).toBe('<counters><probe><id>1</id></probe></counters>');
  });
});

describe('reading by other operations', () => {
  const NMDA =
    'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"';
  const getData = (datastore: string, more = '') =>
    `<get-data ${NMDA}><datastore>ds:${datastore}</datastore>${more}</get-data>`;
  const noLevel = rule('no-level', 'deny', { path: '/l:lab/l:level', operations: 'read' });

  test.each(['running', 'candidate', 'intended', 'operational'])('get-data of %s hides the same', async (datastore) => {
    const { client, root } = await open(inLab('<name>a</name><level>3</level>'), red(noLevel), CANDIDATE);
    const filter = `<subtree-filter>${inLab('')}</subtree-filter>`;
    expect(writeXml(await root.rpc(getData(datastore, filter)))).toContain('>3<');
    const shown = writeXml(await client.rpc(getData(datastore, filter)));
    expect(shown).toContain('>a<');
    expect(shown).not.toContain('level');
    const select = '<xpath-filter xmlns:l="urn:example:lab">/l:lab[l:level=3]/l:name</xpath-filter>';
    expect(writeXml(await client.rpc(getData(datastore, select)))).not.toContain('>a<');
  });

  test.each(['report-all', 'report-all-tagged'])(
    'a default that may not be read is not there either: %s',
    async (mode) => {
      const { client, root } = await open(inLab('<name>a</name>'), red(noLevel));
      const get =
        '<get-config><source><running/></source>' +
        `<with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults">${mode}</with-defaults></get-config>`;
      expect(writeXml(await root.rpc(get))).toContain('level');
      expect(writeXml(await client.rpc(get))).not.toContain('level');
    },
  );

  test('edit-data asks for the same rights', async () => {
    const { client } = await open(inLab('<name>a</name>'), red());
    const config = `<config>${inLab('<name>b</name>')}</config>`;
    const edited = await said(client, `<edit-data ${NMDA}><datastore>ds:running</datastore>${config}</edit-data>`);
    expect(edited).toBe('access-denied /lab:lab/lab:name');
  });
});

describe('writing (§3.2.5)', () => {
  test.each([
    ['create', '<level>3</level>', 'merge', 'create /level'],
    ['update', '<name>b</name>', 'merge', 'update /name'],
    ['update', '<name>b</name>', 'replace', 'update /name'],
    ['delete', `<name${NC} nc:operation="delete"/>`, 'none', 'delete /name'],
    ['delete', `<name${NC} nc:operation="remove"/>`, 'none', 'delete /name'],
    ['create', `<level${NC} nc:operation="create">3</level>`, 'none', 'create /level'],
  ])('%s is asked for by what would become of the node: %s with %s', async (operation, inside, defaultOperation) => {
    const more = `<default-operation>${defaultOperation}</default-operation>`;
    const others = ['create', 'update', 'delete'].filter((one) => one !== operation).join(' ');
    const may = await open(
      inLab('<name>a</name>'),
      red(rule('may', 'permit', { module: 'lab', operations: operation })),
    );
    const one = edit('running', inside, more);
    // A replaced whole would delete the rules too, which nobody here may.
    const wanted = defaultOperation === 'replace' ? /access-denied/ : /^ok$/;
    expect(await said(may.client, one)).toMatch(wanted);
    const not = await open(inLab('<name>a</name>'), red(rule('may', 'permit', { module: 'lab', operations: others })));
    expect(await said(not.client, one)).toMatch(/^access-denied/);
  });

  test('none, and a value that is there already, need no right', async () => {
    const { client } = await open(inLab('<name>a</name>'), red());
    expect(await said(client, edit('running', '<name>a</name>'))).toBe('ok');
    const none = '<default-operation>none</default-operation>';
    expect(await said(client, edit('running', '<name>zzz</name>', none))).toBe('ok');
  });

  test('one node that may not be changed refuses the whole edit', async () => {
    const rules = red(rule('no', 'deny', { path: '/l:lab/l:level', operations: 'create' }), WRITES_ALL);
    const { client, root } = await open(inLab('<name>a</name>'), rules);
    expect(await said(client, edit('running', '<name>b</name><level>3</level>'))).toBe(
      'access-denied /lab:lab/lab:level',
    );
    expect(await read(root)).toContain('<name>a</name>');
  });

  test('what a list’s entry holds is created, or deleted, node by node', async () => {
    const rules = red(rule('no', 'deny', { path: '/l:lab/l:box/l:size' }), WRITES_ALL);
    const { client } = await open(BOXES, rules);
    expect(await said(client, edit('running', '<box><id>3</id><size>9</size></box>'))).toMatch(/^access-denied/);
    expect(await said(client, edit('running', '<box><id>3</id><label>three</label></box>'))).toBe('ok');
    // Its size, which the deletion would take along, is not theirs to delete.
    expect(await said(client, edit('running', `<box${NC} nc:operation="delete"><id>1</id></box>`))).toMatch(
      /^access-denied/,
    );
    expect(await said(client, edit('running', `<box${NC} nc:operation="delete"><id>2</id></box>`))).toBe('ok');
  });

  test('statements of the module, then write-default, decide where no rule matches (steps 10 and 12)', async () => {
    const put = (inside: string) =>
      `<edit-config><target><running/></target><config><vault ${GUARDED_NS}>${inside}</vault></config></edit-config>`;
    const { client } = await open('', `<write-default>permit</write-default>${red()}`);
    expect(await said(client, put('<sign>open</sign>'))).toBe('ok');
    expect(await said(client, put('<seal>lead</seal>'))).toMatch(/^access-denied/);
    expect(await said(client, put('<treasure><gold>1</gold></treasure>'))).toMatch(/^access-denied/);
    const denied = await open('', red());
    expect(await said(denied.client, put('<sign>open</sign>'))).toMatch(/^access-denied/);
  });

  test('nobody writes rules for himself by write-default: /nacm has default-deny-all, with all below it', async () => {
    const { client } = await open('', `<write-default>permit</write-default>${red()}`);
    const grant = `<edit-config><target><running/></target><config>${nacmXml('<exec-default>permit</exec-default>')}</config></edit-config>`;
    expect(await said(client, grant)).toMatch(/^access-denied/);
  });
});

describe('an error says nothing of data that may not be read (§3.2.5)', () => {
  const HIDDEN = rule('hidden', 'deny', { path: '/l:lab/l:box', operations: 'read create update delete' });

  test.each([
    ['there', '1'],
    ['not there', '7'],
  ])('whether an entry is there: it is %s', async (_, id) => {
    const { client } = await open(BOXES, red(HIDDEN, WRITES_ALL));
    for (const operation of ['create', 'delete', 'remove', 'replace', 'merge']) {
      const inside = `<box${NC} nc:operation="${operation}"><id>${id}</id><label>x</label></box>`;
      expect(await said(client, edit('running', inside))).toBe('access-denied');
    }
  });

  test.each(['5', '6'])('which value a leaf has: guessed %s', async (guess) => {
    const size = rule('size', 'deny', { path: '/l:lab/l:box/l:size' });
    const { client } = await open(BOXES, red(size, WRITES_ALL));
    expect(await said(client, edit('running', `<box><id>1</id><size>${guess}</size></box>`))).toBe('access-denied');
  });

  test('which other entry has the value that must be unique', async () => {
    const two = rule('two', 'deny', { path: "/l:lab/l:box[l:id='2']", operations: 'read' });
    const { client, root } = await open(BOXES, red(two, WRITES_ALL));
    const same = edit('running', '<box><id>3</id><label>two</label></box>');
    expect(await said(root, same)).toContain("box[id='2']");
    const shown = writeXml(await client.rpc(same));
    expect(shown).toContain('operation-failed');
    expect(shown).not.toMatch(/id='2'|non-unique/);
    // Of what they may read they are told.
    expect(await said(client, edit('running', '<box><id>3</id><label>one</label></box>'))).toContain("box[id='1']");
  });

  test('what is wrong with data elsewhere', async () => {
    const hidden = rule('first-box', 'deny', { path: '/l:lab/l:first-box', operations: 'read' });
    const data = inLab('<first-box>1</first-box><box><id>1</id></box>');
    const { client, root } = await open(data, red(hidden, WRITES_ALL));
    const remove = edit('running', `<box${NC} nc:operation="delete"><id>1</id></box>`);
    expect(await said(root, remove)).toContain('first-box');
    const shown = writeXml(await client.rpc(remove));
    expect(shown).not.toContain('first-box');
    expect(errorsOf(await client.rpc(remove))).toMatchObject([{ tag: 'access-denied' }]);
  });
});

describe('copies and commits (§3.2.6 to §3.2.9)', () => {
  test('a copy takes along only what may be read', async () => {
    const rules = red(rule('no', 'deny', { path: '/l:lab/l:name', operations: 'read' }), rule('all', 'permit'));
    const { client, root } = await open(inLab('<name>a</name><level>3</level>'), rules, CANDIDATE);
    expect(await said(root, edit('candidate', '<name>other</name><level>4</level>'))).toBe('ok');
    expect(await said(client, copy('<running/>', '<candidate/>'))).toBe('ok');
    expect(await read(root, `<filter>${inLab('')}</filter>`, 'candidate')).toBe('<lab><level>3</level></lab>');
  });

  test('a copy asks for every node that it changes in its target', async () => {
    const rules = red(rule('no', 'deny', { path: '/l:lab/l:level', operations: 'update' }), rule('all', 'permit'));
    const { client } = await open(inLab('<level>3</level>'), rules, CANDIDATE);
    const config = (inside: string) => `<config>${nacmXml(rules)}${inLab(inside)}</config>`;
    expect(await said(client, copy(config('<level>4</level>'), '<running/>'))).toMatch(/^access-denied/);
    expect(await said(client, copy(config('<level>3</level><name>b</name>'), '<running/>'))).toBe('ok');
  });

  test('running is saved to startup by who may call copy-config, whatever he may read', async () => {
    const { client, root } = await open(
      inLab('<name>a</name>'),
      red(rule('no', 'deny', { path: '/l:lab', operations: 'read' })),
      { startup: true },
    );
    expect(await said(client, copy('<running/>', '<startup/>'))).toBe('ok');
    expect(await read(root, `<filter>${inLab('')}</filter>`, 'startup')).toContain('<name>a</name>');
    expect(await said(client, deleteConfig('<startup/>'))).toBe('ok');
  });

  test('a commit asks only for the nodes that differ', async () => {
    const rules = red(rule('name', 'permit', { path: '/l:lab/l:name', operations: 'update' }));
    const { client, root } = await open(inLab('<name>a</name><level>3</level>'), rules, CANDIDATE);
    expect(await said(client, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(client, '<commit/>')).toBe('ok');
    expect(await read(root)).toContain('<name>b</name>');
    // Somebody else has changed more in the candidate that all share.
    expect(await said(root, edit('candidate', '<level>9</level>'))).toBe('ok');
    expect(await said(client, '<commit/>')).toBe('access-denied /lab:lab/lab:level');
    expect(await said(client, '<discard-changes/>')).toBe('ok');
    expect(await said(client, '<commit/>')).toBe('ok');
  });
});
