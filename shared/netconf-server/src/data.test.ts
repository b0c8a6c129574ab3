import { failed, ok } from '@sublane/basics';
import { BASE_NAMESPACE, rpcError, writeXml } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { type AccessControl, PERMITTED, UNRESTRICTED } from './access.ts';
import { accessByPath } from './path-access.ts';
import { connect, inLab, LAB, recorder, running, serve } from './testing/harness.ts';
import { errorsOf, isOk } from './testing/test-client.ts';

describe('access', () => {
  const denies = (what: Partial<AccessControl>): AccessControl => ({ ...UNRESTRICTED, ...what });
  const rule = 'hosts-see-themselves';

  test.each([
    ['host', 'access denied'],
    ['operator', `access denied (rule ${rule})`],
  ])('of a %s to an rpc', async (role, message) => {
    const seen = recorder();
    const access = denies({
      mayInvoke: (_, module, name) => (module === 'lab' && name === 'echo' ? { permit: false, rule } : PERMITTED),
      mayKnow: (identity) => identity.role === 'operator',
    });
    const client = await connect(serve({ access, events: seen.events }), 'ann', role);
    const [error] = await client.errors(`<echo ${LAB}/>`); // before it is even validated
    expect(error).toMatchObject({ tag: 'access-denied', type: 'application', message });
    expect(seen.denied).toEqual([`lab:echo ${rule}`]);
  });

  test('close-session is always permitted (RFC 8341 §3.2.2)', async () => {
    const client = await connect(serve({ access: denies({ mayInvoke: () => ({ permit: false, rule }) }) }));
    expect((await client.errors('<get/>')).map(({ tag }) => tag)).toEqual(['access-denied']);
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test('to data: what may not be read is not there, not even for a filter', async () => {
    const access = denies({
      data: () => accessByPath((path) => (/\/size$|box\[id='2'\]/.test(path) ? { permit: false, rule } : PERMITTED)),
    });
    const boxes = '<box><id>1</id><size>5</size></box><box><id>2</id><size>6</size></box>';
    const client = await connect(serve({ access, datastores: await running(inLab(boxes)) }));
    const get = async (filter: string) =>
      writeXml(await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`));
    expect(await get('')).toContain('<lab xmlns="urn:example:lab"><box><id>1</id></box></lab>');
    expect(await get(`<filter>${inLab('<box><size>5</size></box>')}</filter>`)).not.toContain('<id>');
  });

  test('to change: every node is asked for, one refusal refuses all', async () => {
    const seen = recorder();
    const asked: string[] = [];
    const access = denies({
      data: () =>
        accessByPath((path, operation) => {
          if (operation === 'read') return PERMITTED;
          asked.push(`${operation} ${path}`);
          return path.endsWith('/level') ? { permit: false, rule } : PERMITTED;
        }),
    });
    const datastores = await running(inLab('<name>a</name>'));
    const client = await connect(serve({ access, datastores, events: seen.events }));
    const edit = (inside: string) =>
      `<edit-config><target><running/></target><config>${inLab(inside)}</config></edit-config>`;
    const [error] = await client.errors(edit('<name>b</name><level>3</level>'));
    expect(error).toMatchObject({ tag: 'access-denied', path: { xpath: '/lab:lab/lab:level' } });
    expect(asked).toEqual(['update /lab:lab/name', 'create /lab:lab/level']);
    expect(seen.denied).toEqual([`create /lab:lab/level ${rule}`]);
    expect(datastores.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
    expect(isOk(await client.rpc(edit('<name>b</name>')))).toBe(true);
  });
});

describe('data', () => {
  const edit = (inside: string, more = '', attributes = '') =>
    `<edit-config><target><running/></target>${more}<config>${inLab(inside, attributes)}</config></edit-config>`;
  const NC = ` xmlns:nc="${BASE_NAMESPACE}"`;

  test('is edited and read back', async () => {
    const client = await connect(serve({ datastores: await running() }));
    expect(isOk(await client.rpc(edit('<box><id>1</id><size>5</size></box><name>a</name>')))).toBe(true);
    expect(
      isOk(await client.rpc(edit('<name nc:operation="delete"/>', '<default-operation>none</default-operation>', NC))),
    ).toBe(true);
    for (const operation of ['<get/>', '<get-config><source><running/></source></get-config>']) {
      expect(writeXml(await client.rpc(operation))).toContain(
        '<lab xmlns="urn:example:lab"><box><id>1</id><size>5</size></box></lab>',
      );
    }
  });

  test('an edit that fails changes nothing, under every error-option', async () => {
    const datastores = await running(inLab('<name>a</name>'));
    const client = await connect(serve({ datastores }));
    for (const option of ['stop-on-error', 'continue-on-error', 'rollback-on-error']) {
      const errors = await client.errors(
        edit('<name>b</name><level>900</level><nobody/>', `<error-option>${option}</error-option>`),
      );
      expect(errors.map(({ tag }) => tag)).toEqual(['unknown-element']);
      expect(datastores.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
    }
    expect((await client.errors(edit('<level>900</level>'))).map(({ tag }) => tag)).toEqual(['invalid-value']);
  });

  test('a test-only edit says what it would, and does not do it', async () => {
    const datastores = await running();
    const client = await connect(serve({ datastores }));
    const only = '<test-option>test-only</test-option>';
    expect(isOk(await client.rpc(edit('<name>a</name>', only)))).toBe(true);
    expect((await client.errors(edit('<level>900</level>', only))).map(({ tag }) => tag)).toEqual(['invalid-value']);
    expect(datastores.running.read().xml).toBe('');
    expect(isOk(await client.rpc(edit('<name>a</name>', '<test-option>test-then-set</test-option>')))).toBe(true);
    expect(datastores.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
  });

  const counters = `<counters xmlns="urn:example:lab"><beats>3</beats><probe><id>1</id><value>x</value></probe><probe><id>2</id><value>y</value></probe></counters>`;

  test('of providers comes with get, filtered; get-config has none of it', async () => {
    const asked: (string | undefined)[] = [];
    const provider = {
      module: 'lab',
      name: 'counters',
      read: ({ filters }: { filters: readonly Parameters<typeof writeXml>[0][] | undefined }) => {
        asked.push(filters?.map(writeXml).join(''));
        return ok(counters);
      },
    };
    const client = await connect(
      serve({ operational: [provider], datastores: await running(inLab('<name>a</name>')) }),
    );
    const get = async (filter = '') =>
      writeXml(await client.rpc(`<get>${filter && `<filter>${filter}</filter>`}</get>`));
    expect(await get()).toContain(`<lab xmlns="urn:example:lab"><name>a</name></lab>${counters}`);
    const one = `<counters xmlns="urn:example:lab"><probe><id>2</id></probe></counters>`;
    expect(await get(one)).toContain(
      '<counters xmlns="urn:example:lab"><probe><id>2</id><value>y</value></probe></counters>',
    );
    expect(await get(inLab(''))).not.toContain('counters');
    await get('<counters xmlns=""/>');
    expect(asked).toEqual([undefined, one, undefined]);
    expect(writeXml(await client.rpc('<get-config><source><running/></source></get-config>'))).not.toContain(
      'counters',
    );
  });

  test('configuration and state of one entry come together', async () => {
    const state = inLab('<box><id>1</id><full>true</full></box><box><id>2</id><full>false</full></box>');
    const provider = { module: 'lab', name: 'lab', read: () => ok(state) };
    const client = await connect(
      serve({ operational: [provider], datastores: await running(inLab('<box><id>1</id><size>5</size></box>')) }),
    );
    expect(writeXml(await client.rpc('<get/>'))).toContain(
      inLab('<box><id>1</id><size>5</size><full>true</full></box><box><id>2</id><full>false</full></box>'),
    );
  });

  test('a provider may refuse', async () => {
    const provider = {
      module: 'lab',
      name: 'counters',
      read: ({ filters }: { filters: unknown }) =>
        filters === undefined ? failed([rpcError.tooBig('application', { message: 'ask by id' })]) : ok(''),
    };
    const client = await connect(serve({ operational: [provider] }));
    expect(await client.errors('<get/>')).toEqual([rpcError.tooBig('application', { message: 'ask by id' })]);
    expect(
      errorsOf(await client.rpc('<get><filter><counters xmlns="urn:example:lab"><beats/></counters></filter></get>')),
    ).toEqual([]);
  });
});
