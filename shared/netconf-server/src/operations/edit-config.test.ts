import { describe, expect, test } from 'vitest';
import { edit, labOf, NC, said, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';
import { infoOf, isOk } from '../testing/test-client.ts';

const A = '<name>a</name>';
const option = (name: string, value: string) => `<${name}>${value}</${name}>`;
const open = async (inside = A, more = {}) => {
  const datastores = await running(inLab(inside), { candidate: true, ...more });
  return { datastores, client: await connect(serve({ datastores })) };
};

describe.each(['running', 'candidate'])('edit-config of %s', (target) => {
  test('reaches into levels with operations of their own (RFC 6241 §7.2)', async () => {
    const { client } = await open(`${A}<box><id>1</id><size>5</size><tag>x</tag></box><box><id>2</id></box>`);
    const inside =
      '<box><id>1</id><size nc:operation="delete"/><tag nc:operation="create">y</tag><label>l</label></box>' +
      '<box nc:operation="remove"><id>2</id></box><box nc:operation="remove"><id>3</id></box>' +
      '<box nc:operation="create"><id>4</id><size>1</size></box>';
    expect(await said(client, edit(target, inside, '', NC))).toBe('ok');
    expect(await labOf(client, target)).toBe(
      `${A}<box><id>1</id><label>l</label><tag>x</tag><tag>y</tag></box><box><id>4</id><size>1</size></box>`,
    );
  });

  test.each([
    ['create of what is there', '<name nc:operation="create">b</name>', 'data-exists', '/lab:lab/lab:name'],
    ['delete of what is not', '<level nc:operation="delete"/>', 'data-missing', '/lab:lab/lab:level'],
    ['an operation without its namespace', '<name operation="delete"/>', 'unknown-attribute', '/lab:lab'],
    ['an unknown operation', '<name nc:operation="move">b</name>', 'bad-attribute', '/lab:lab/lab:name'],
    ['a missing key', '<box><size>1</size></box>', 'missing-element', '/lab:lab/lab:box'],
    ['an unknown element', '<nobody/>', 'unknown-element', '/lab:lab'],
    ['state', '<box><id>1</id><full>true</full></box>', 'unknown-element', "/lab:lab/lab:box[lab:id='1']"],
    ['a wrong type', '<level>many</level>', 'invalid-value', '/lab:lab/lab:level'],
  ])('refuses %s, and says where', async (_, inside, tag, path) => {
    const { client } = await open();
    const errors = await client.errors(edit(target, inside, '', NC));
    expect(errors.map((error) => [error.tag, error.path?.xpath])).toEqual([[tag, path]]);
    expect(await labOf(client, target)).toBe(A);
  });

  test('by default-operation', async () => {
    const { client } = await open(`${A}<level>1</level>`);
    const none = option('default-operation', 'none');
    expect(await said(client, edit(target, '<level>2</level>', none))).toBe('ok');
    expect(await labOf(client, target)).toBe(`${A}<level>1</level>`);
    expect(await said(client, edit(target, '<box><id>1</id></box>', none))).toBe('data-missing');
    expect(await said(client, edit(target, '<level nc:operation="remove"/>', none, NC))).toBe('ok');
    expect(await said(client, edit(target, '<level>3</level>', option('default-operation', 'merge')))).toBe('ok');
    expect(await labOf(client, target)).toBe(`${A}<level>3</level>`);
    expect(await said(client, edit(target, '<ratio>1.50</ratio>', option('default-operation', 'replace')))).toBe('ok');
    expect(await labOf(client, target)).toBe('<ratio>1.5</ratio>');
  });

  test.each(['stop-on-error', 'continue-on-error', 'rollback-on-error'])(
    'leaves the datastore as it was under %s (§8.5)',
    async (value) => {
      const { client } = await open();
      const inside = '<level>3</level><name nc:operation="create">b</name><box><size>1</size></box><nobody/>';
      const errors = await client.errors(edit(target, inside, option('error-option', value), NC));
      const tags = errors.map(({ tag }) => tag);
      expect(tags).toEqual(
        value === 'continue-on-error' ? ['data-exists', 'missing-element', 'unknown-element'] : ['data-exists'],
      );
      expect(infoOf(errors[0]!)).toEqual({});
      expect(await labOf(client, target)).toBe(A);
    },
  );

  test('with test-only changes nothing, and finds what a commit would', async () => {
    const { client } = await open();
    const only = option('test-option', 'test-only');
    expect(await said(client, edit(target, '<level>3</level>', only))).toBe('ok');
    expect(await said(client, edit(target, '<first-box>3</first-box>', only))).toBe('data-missing');
    expect(await labOf(client, target)).toBe(A);
  });

  test('with test-then-set is set only where it is valid', async () => {
    const { client } = await open();
    const first = option('test-option', 'test-then-set');
    expect(await said(client, edit(target, '<first-box>3</first-box>', first))).toBe('data-missing');
    expect(await labOf(client, target)).toBe(A);
    expect(await said(client, edit(target, '<box><id>3</id></box><first-box>3</first-box>', first))).toBe('ok');
    expect(await labOf(client, target)).toBe(`${A}<first-box>3</first-box><box><id>3</id></box>`);
  });

  test.each([
    ['no target', '<edit-config><config/></edit-config>', 'missing-element'],
    ['no content', `<edit-config><target><${target}/></target></edit-config>`, 'missing-element'],
    ['a strange default-operation', edit(target, '', option('default-operation', 'create')), 'invalid-value'],
    ['a strange test-option', edit(target, '', option('test-option', 'later')), 'invalid-value'],
    ['a strange error-option', edit(target, '', option('error-option', 'ignore')), 'invalid-value'],
    ['an unknown parameter', edit(target, '', '<nobody/>'), 'unknown-element'],
    ['a parameter twice', edit(target, '', '<config/>'), 'bad-element'],
  ])('refuses %s', async (_, operation, tag) => {
    const { client } = await open();
    expect(await said(client, operation)).toBe(tag);
  });
});

test('a large edit takes time by its length only', async () => {
  const { client } = await open('');
  const boxes = (count: number, more: string) =>
    Array.from({ length: count }, (_, id) => `<box><id>${id}</id>${more}</box>`).join('');
  // A megabyte; a quadratic step would take minutes, and the test its time.
  const peers = Array.from(
    { length: 4_000 },
    (_, id) => `<peer><address>2001:DB8::${id}</address><port>1</port></peer>`,
  );
  const text = boxes(10_000, `<tag>${'t'.repeat(20)}</tag><apples>1</apples><size>5</size>`) + peers.join('');
  expect(text.length).toBeGreaterThan(1_000_000);
  expect(await said(client, edit('candidate', text))).toBe('ok');
  expect(await said(client, edit('candidate', boxes(10_000, '<pears>2</pears>') + peers.join('')))).toBe('ok');
  expect(await said(client, '<commit/>')).toBe('ok');
  expect((await labOf(client, 'running')).match(/<pears>/g)).toHaveLength(10_000);
}, 60_000);

describe('what an edit makes pointless', () => {
  test('goes with its "when" (RFC 7950 §8.2)', async () => {
    const { client } = await open('<level>60</level><guarded>x</guarded><box><id>1</id></box>');
    expect(await said(client, edit('running', '<level>40</level>', option('test-option', 'test-only')))).toBe('ok');
    expect(await labOf(client, 'running')).toContain('<guarded>');
    expect(await said(client, edit('running', '<level>40</level><name>n</name>'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<name>n</name><level>40</level><box><id>1</id></box>');
  });

  test('goes when the candidate is committed', async () => {
    const { client } = await open('<level>60</level><guarded>x</guarded>');
    expect(await said(client, edit('candidate', '<level>40</level>'))).toBe('ok');
    expect(await labOf(client, 'candidate')).toBe('<level>40</level><guarded>x</guarded>');
    expect(await said(client, validate('<candidate/>'))).toBe('ok');
    expect(await said(client, '<commit/>')).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<level>40</level>');
    expect(await labOf(client, 'candidate')).toBe('<level>40</level>');
  });

  test('is refused where the request itself brings it (§8.3.1)', async () => {
    const { client } = await open('<level>40</level>');
    expect(await said(client, edit('running', '<guarded>x</guarded>'))).toBe('unknown-element');
    expect(await said(client, edit('candidate', '<guarded>x</guarded>'))).toBe('ok');
    expect(await said(client, '<commit/>')).toBe('unknown-element');
    expect(await said(client, validate(`<config>${inLab('<level>4</level><guarded>x</guarded>')}</config>`))).toBe(
      'unknown-element',
    );
  });

  test('hides no other fault', async () => {
    const { client } = await open('<level>60</level><guarded>x</guarded>');
    expect(await said(client, edit('running', '<level>40</level><first-box>9</first-box>'))).toBe('data-missing');
    expect(await labOf(client, 'running')).toBe('<level>60</level><guarded>x</guarded>');
  });
});

test('an edit that changes nothing asks nobody', async () => {
  let asked = 0;
  const participants = [
    {
      name: 'p',
      validate: () => {
        asked++;
        return { ok: true, value: undefined } as const;
      },
    },
  ];
  const { client, datastores } = await open(`${A}<address>2001:db8::1</address>`, { participants });
  const before = datastores.running.read();
  expect(isOk(await client.rpc(edit('running', `${A}<address>2001:DB8::1</address>`)))).toBe(true);
  expect(asked).toBe(0);
  expect(datastores.running.read()).toBe(before);
});
