// RFC 8341 §3.4.4 and §3.4.1, on real sessions.
import { childElement, childElements, elementText, type RpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { ACCESS_NAMESPACE } from '../operations/access-denied.ts';
import { connect, LAB, recorder } from '../testing/harness.ts';
import { GUARDED_NS, NACM, nacmServer, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import { errorsOf, isOk, type TestClient } from '../testing/test-client.ts';

const ECHO = `<echo ${LAB}><text>a</text></echo>`;
const OPEN = `<open-vault ${GUARDED_NS}/>`;
const KNOCK = `<knock ${GUARDED_NS}/>`;
const RPCS = {
  'lab:echo': () => ({ kind: 'ok' as const }),
  'guarded:open-vault': () => ({ kind: 'ok' as const }),
  'guarded:knock': () => ({ kind: 'ok' as const }),
};

/** What becomes of the operation: `ok`, or the error's tag. */
async function said(client: TestClient, operation: string): Promise<string> {
  const reply = await client.rpc(operation);
  return errorsOf(reply)[0]?.tag ?? 'ok';
}

async function as(rules: string, role: string, user = 'ann'): Promise<TestClient> {
  const { server } = await nacmServer(nacmXml(rules), { rpcs: RPCS });
  return connect(server, user, role);
}

const NO_ECHO = ruleList('no', ['*'], rule('no-echo', 'deny', { rpc: 'echo' }));

describe('an operation', () => {
  test('1: is permitted where NACM is disabled', async () => {
    const client = await as(`<enable-nacm>false</enable-nacm><exec-default>deny</exec-default>${NO_ECHO}`, 'red');
    expect(await said(client, ECHO)).toBe('ok');
    expect(await said(client, OPEN)).toBe('ok');
    expect(await said(client, '<kill-session><session-id>9</session-id></kill-session>')).toBe('invalid-value');
  });

  test('2: is permitted to a recovery session', async () => {
    const client = await as(`<exec-default>deny</exec-default>${NO_ECHO}`, 'recovery');
    expect(await said(client, ECHO)).toBe('ok');
    expect(await said(client, OPEN)).toBe('ok');
  });

  test('3: close-session always', async () => {
    const rules = ruleList('no', ['*'], rule('nothing', 'deny'));
    const client = await as(`<exec-default>deny</exec-default>${rules}`, 'red');
    expect(await said(client, '<get/>')).toBe('access-denied');
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test.each([
    ['is in a group that is configured', 'ann', '', 'access-denied'],
    ['has a group from outside', 'bob', 'red', 'access-denied'],
    ['has neither', 'bob', 'green', 'ok'],
  ])('4: goes by groups: who %s', async (_, user, role, outcome) => {
    const groups = '<groups><group><name>red</name><user-name>ann</user-name></group></groups>';
    const client = await as(groups + ruleList('no', ['red'], rule('no', 'deny', { rpc: 'echo' })), role, user);
    expect(await said(client, ECHO)).toBe(outcome);
  });

  test('4: groups from outside do not count where they are disabled', async () => {
    const rules = ruleList('no', ['red'], rule('no', 'deny', { rpc: 'echo' }));
    const client = await as(`<enable-external-groups>false</enable-external-groups>${rules}`, 'red');
    expect(await said(client, ECHO)).toBe('ok');
  });

  test('5: no rule is for those who have no group, not even one for all groups', async () => {
    expect(await said(await as(NO_ECHO, ''), ECHO)).toBe('ok');
    expect(await said(await as(NO_ECHO, 'any'), ECHO)).toBe('access-denied');
  });

  test('6: rule-lists are asked in order, and rules in theirs: the first that matches decides', async () => {
    const lists = [
      ruleList('others', ['blue'], rule('r', 'deny', { rpc: 'echo' })),
      ruleList(
        'first',
        ['red'],
        rule('a', 'permit', { rpc: 'knock' }),
        rule('b', 'permit', { rpc: 'echo' }),
        rule('c', 'deny'),
      ),
      ruleList('second', ['red'], rule('r', 'deny', { rpc: 'echo' })),
    ];
    const client = await as(lists.join(''), 'red');
    expect(await said(client, ECHO)).toBe('ok');
    expect(await said(client, KNOCK)).toBe('ok');
    expect(await said(client, '<get/>')).toBe('access-denied');
  });

  test.each([
    ['its module', { module: 'lab' }, 'access-denied'],
    ['another module', { module: 'guarded' }, 'ok'],
    ['its name', { rpc: 'echo' }, 'access-denied'],
    ['any name', { rpc: '*' }, 'access-denied'],
    ['another name', { rpc: 'knock' }, 'ok'],
    ['its name in another module', { module: 'guarded', rpc: 'echo' }, 'ok'],
    ['exec', { rpc: 'echo', operations: 'read exec' }, 'access-denied'],
    ['reading only', { rpc: 'echo', operations: 'read' }, 'ok'],
    ['a notification', { notification: '*' }, 'ok'],
    ['data', { path: '/' }, 'ok'],
    ['everything', {}, 'access-denied'],
  ])('7: a rule about %s', async (_, about, outcome) => {
    const client = await as(ruleList('no', ['red'], rule('no', 'deny', about)), 'red');
    expect(await said(client, ECHO)).toBe(outcome);
  });

  test('10: with default-deny-all is denied unless a rule permits it', async () => {
    expect(await said(await as('<exec-default>permit</exec-default>', 'red'), OPEN)).toBe('access-denied');
    const permits = ruleList('yes', ['red'], rule('yes', 'permit', { rpc: 'open-vault' }));
    expect(await said(await as(permits, 'red'), OPEN)).toBe('ok');
  });

  test('11: kill-session and delete-config are denied unless a rule permits them', async () => {
    const kill = '<kill-session><session-id>9</session-id></kill-session>';
    const remove = '<delete-config><target><startup/></target></delete-config>';
    const nobody = await as('<exec-default>permit</exec-default>', 'red');
    expect(await said(nobody, kill)).toBe('access-denied');
    expect(await said(nobody, remove)).toBe('access-denied');
    const permitted = await as(ruleList('yes', ['red'], rule('yes', 'permit', { module: 'ietf-netconf' })), 'red');
    expect(await said(permitted, kill)).toBe('invalid-value');
    expect(await said(permitted, remove)).toBe('operation-not-supported');
  });

  test.each([
    ['permit', 'ok'],
    ['deny', 'access-denied'],
  ])('12: where no rule matches, exec-default %s decides', async (action, outcome) => {
    const client = await as(`<exec-default>${action}</exec-default>`, 'red');
    expect(await said(client, ECHO)).toBe(outcome);
  });

  test('is asked for before it is looked at: who may not call it learns nothing of its parameters', async () => {
    const client = await as(NO_ECHO, 'red');
    expect(await client.errors(`<echo ${LAB}><nonsense/></echo>`)).toMatchObject([{ tag: 'access-denied' }]);
  });
});

test('without /nacm nobody writes but a recovery session (§3.4.1)', async () => {
  const { server } = await nacmServer('', { rpcs: RPCS });
  const edit = `<edit-config><target><running/></target><config><lab ${LAB}><name>a</name></lab></config></edit-config>`;
  expect(await said(await connect(server, 'ann', 'red'), edit)).toBe('access-denied');
  expect(await said(await connect(server, 'ann', 'red'), ECHO)).toBe('ok');
  expect(await said(await connect(server, 'ann', 'recovery'), edit)).toBe('ok');
});

test('new rules hold for the next request of a session that is open', async () => {
  const { server } = await nacmServer(nacmXml(''), { rpcs: RPCS });
  const client = await connect(server, 'ann', 'red');
  const administrator = await connect(server, 'root', 'recovery');
  const put = (content: string) =>
    `<edit-config><target><running/></target><config>${nacmXml(content)}</config></edit-config>`;
  expect(await said(client, ECHO)).toBe('ok');
  expect(await said(administrator, put(NO_ECHO))).toBe('ok');
  expect(await said(client, ECHO)).toBe('access-denied');
  expect(await said(administrator, put('<enable-nacm>false</enable-nacm>'))).toBe('ok');
  expect(await said(client, ECHO)).toBe('ok');
});

describe('what refused', () => {
  const READS_RULES = ruleList(
    'staff',
    ['staff'],
    rule('rules', 'permit', { path: '/n:nacm', operations: 'read' }),
    rule('never-echo', 'deny', { rpc: 'echo' }),
  );
  const refusedBy = (error: RpcError | undefined) => {
    const info = error?.info?.find(({ name, namespace }) => name === 'refused-by' && namespace === ACCESS_NAMESPACE);
    return info && Object.fromEntries(childElements(info).map((leaf) => [leaf.name, elementText(leaf)]));
  };

  test.each([
    [ECHO, 'rule staff/never-echo', { 'rule-list': 'staff', rule: 'never-echo' }],
    [OPEN, 'nacm:default-deny-all', { statement: 'default-deny-all' }],
    [KNOCK, 'exec-default', { default: 'exec-default' }],
  ])('is told to those who may read the rules: %s', async (operation, words, parts) => {
    const client = await as(`<exec-default>deny</exec-default>${READS_RULES}`, 'staff');
    const [error] = await client.errors(operation);
    expect(error).toMatchObject({ tag: 'access-denied', type: 'application', message: `access denied (${words})` });
    expect(refusedBy(error)).toEqual(parts);
  });

  test('is not told to others', async () => {
    const client = await as(NO_ECHO, 'red');
    const [error] = await client.errors(ECHO);
    expect(error).toMatchObject({ tag: 'access-denied', message: 'access denied' });
    expect(error?.info).toBeUndefined();
  });

  test('is in the log of events, whoever it was', async () => {
    const seen = recorder();
    const { server } = await nacmServer(nacmXml(NO_ECHO), { rpcs: RPCS, events: seen.events });
    await (await connect(server, 'ann', 'red')).errors(ECHO);
    expect(seen.denied).toEqual(['lab:echo no/no-echo']);
  });
});

test('what was refused is counted, and told with the rules', async () => {
  const { server } = await nacmServer(
    nacmXml(NO_ECHO + ruleList('see', ['red'], rule('see', 'permit', { path: '/n:nacm', operations: 'read' }))),
    { rpcs: RPCS },
  );
  const client = await connect(server, 'ann', 'red');
  await client.errors(ECHO);
  await client.errors(ECHO);
  await client.errors(
    `<edit-config><target><running/></target><config><lab ${LAB}><name>a</name></lab></config></edit-config>`,
  );
  const reply = await client.rpc(`<get><filter><nacm ${NACM}/></filter></get>`);
  const nacm = childElement(childElement(reply, 'data')!, 'nacm')!;
  const counted = ['denied-operations', 'denied-data-writes', 'denied-notifications'].map((name) =>
    elementText(childElement(nacm, name)!),
  );
  expect(counted).toEqual(['2', '1', '0']);
  // Configuration and counters in one container.
  expect(childElements(nacm).map(({ name }) => name)).toContain('rule-list');
});
