import { unwrap } from '@sublane/basics';
import { afterAll, describe, expect, it } from 'vitest';
import {
  dispatch,
  FLEET,
  fleet,
  fleetContext,
  NETCONF,
  notification,
  reply,
  rpc,
  STOP,
  vehicle,
} from '../test-data/fleet.ts';

const context = fleetContext();
const datastore = unwrap(context.parseData(fleet(vehicle('AB-12')), 'xml'));
const GOOD = dispatch(`<plate>AB-12</plate>${STOP}`);
afterAll(() => context.dispose());

describe('readRpc', () => {
  it('gives the input as RFC 7951 JSON with defaults, and what the envelope says', () => {
    expect(context.readRpc(GOOD, { datastore })).toEqual({
      ok: true,
      value: {
        module: 'fleet',
        name: 'dispatch',
        messageId: '101',
        input: { plate: 'AB-12', priority: 3, stop: [{ order: 1, where: 'Harbour' }], 'fleet-tracking:follow': false },
      },
    });
  });

  it('reads bytes as it reads text', () => {
    const text = dispatch(`<plate>AB-12</plate><note>Ærø \u{1F6A2}</note>${STOP}`);
    expect(context.readRpc(Buffer.from(text), { datastore })).toEqual(context.readRpc(text, { datastore }));
  });

  it('gives an empty input where there is none, and no message-id where there is none', () => {
    const read = context.readRpc(rpc(`<wake-up xmlns="${FLEET}"/>`, ''));
    expect(read).toEqual({ ok: true, value: { module: 'fleet', name: 'wake-up', input: {} } });
  });

  it('unescapes the message-id', () => {
    const read = unwrap(context.readRpc(rpc(`<wake-up xmlns="${FLEET}"/>`, ' message-id="a&lt;&#x3b1;"')));
    expect(read.messageId).toBe('a<α');
  });

  it('knows its operations in turn', () => {
    const names = [GOOD, rpc(`<wake-up xmlns="${FLEET}"/>`), GOOD].map(
      (text) => unwrap(context.readRpc(text, { datastore })).name,
    );
    expect(names).toEqual(['dispatch', 'wake-up', 'dispatch']);
  });

  it('reads an action with the node it belongs to', () => {
    const action = (plate: string) =>
      rpc(
        '<action xmlns="urn:ietf:params:xml:ns:yang:1">' +
          fleet(`<vehicle><plate>${plate}</plate><refuel><amount>30</amount></refuel></vehicle>`) +
          '</action>',
      );
    expect(unwrap(context.readRpc(action('AB-12'), { datastore }))).toEqual({
      module: 'fleet',
      name: 'refuel',
      messageId: '101',
      input: { amount: 30 },
      parent: "/fleet:fleet/vehicle[plate='AB-12']",
    });
    const empty = unwrap(context.parseData('', 'xml', { validate: false }));
    for (const refused of [
      context.readRpc(action('ZZ-99'), { datastore }),
      context.readRpc(action('ZZ-99'), { datastore: empty }),
      context.parseRpc(action('ZZ-99'), 'xml', { datastore }),
    ]) {
      expect(refused).toMatchObject({
        ok: false,
        failure: { errors: [{ reason: 'instance-required', path: "/fleet:fleet/vehicle[plate='ZZ-99']" }] },
      });
    }
  });

  it.each([
    ['a leafref to nothing', dispatch(`<plate>ZZ-99</plate>${STOP}`), 'instance-required', '/fleet:dispatch/plate'],
    [
      'a broken must',
      dispatch(`<plate>AB-12</plate><note>${'n'.repeat(30)}</note>${STOP}`),
      'must',
      '/fleet:dispatch/note',
    ],
    ['a wrong value', GOOD.replace('<order>1<', '<order>x<'), 'value', '/fleet:dispatch/stop/order'],
    ['a missing leaf', GOOD.replace('<where>Harbour</where>', ''), 'mandatory', '/fleet:dispatch'],
    ['a missing list', dispatch('<plate>AB-12</plate>'), 'too-few-elements', '/fleet:dispatch/stop'],
    ['an unknown leaf', GOOD.replaceAll('where', 'wo'), 'unknown-node', "/fleet:dispatch/stop[order='1']"],
    ['an unknown rpc', rpc(`<fly xmlns="${FLEET}"/>`), 'unknown-node', undefined],
    ['an unknown module', rpc('<fly xmlns="urn:example:none"/>'), 'unknown-module', undefined],
    ['no operation', rpc(''), 'envelope', undefined],
    ['another envelope', reply(''), 'envelope', undefined],
    ['half a message', GOOD.slice(0, -50), 'syntax', '/fleet:dispatch/stop/order'],
    ['a document type', `<!DOCTYPE x>${GOOD}`, 'syntax', undefined],
    ['a NUL', `${GOOD}\0`, 'syntax', undefined],
    ['a NUL in bytes', Buffer.from(`${GOOD}\0`), 'syntax', undefined],
    ['bytes that are not UTF-8', Buffer.from(GOOD.replace('Harbour', 'H\u00e5'), 'latin1'), 'syntax', undefined],
    ['nothing', '', 'envelope', undefined],
  ])('refuses %s', (_, text, reason, path) => {
    const read = context.readRpc(text, { datastore });
    if (read.ok || read.failure.kind !== 'invalid') throw new Error('not refused as invalid');
    expect(read.failure.errors).toHaveLength(1);
    expect(read.failure.errors[0]).toMatchObject({ reason, ...(path === undefined ? {} : { path }) });
  });

  it('looks only at the message where no datastore is given', () => {
    expect(context.readRpc(GOOD).ok).toBe(false);
  });

  it('leaves the datastore as it was', () => {
    const before = unwrap(datastore.print('xml'));
    context.readRpc(GOOD, { datastore });
    context.readRpc(dispatch(''), { datastore });
    expect(unwrap(datastore.print('xml'))).toBe(before);
  });
});

describe('readReply', () => {
  it('gives the output', () => {
    const text = reply(`<ticket xmlns="${FLEET}">18446744073709551615</ticket>`);
    expect(context.readReply('fleet', 'dispatch', text)).toEqual({
      ok: true,
      value: { output: { ticket: '18446744073709551615' } },
    });
  });

  it('gives an empty output for ok', () => {
    expect(context.readReply('fleet', 'wake-up', reply('<ok/>'))).toEqual({ ok: true, value: { output: {} } });
  });

  it.each([
    [
      'an rpc-error',
      'dispatch',
      reply(
        '<rpc-error><error-type>rpc</error-type><error-tag>too-big</error-tag><error-severity>error</error-severity></rpc-error>',
      ),
      'rpc-error',
    ],
    ['another type', 'dispatch', reply(`<ticket xmlns="${FLEET}">-1</ticket>`), 'value'],
    ['input', 'dispatch', reply(`<priority xmlns="${FLEET}">1</priority>`), 'unknown-node'],
    ['an rpc nobody has', 'fly', reply('<ok/>'), 'unknown-node'],
    ['another envelope', 'dispatch', `<ok xmlns="${NETCONF}"/>`, 'envelope'],
  ])('refuses %s', (_, name, text, reason) => {
    expect(context.readReply('fleet', name, text)).toMatchObject({ ok: false, failure: { errors: [{ reason }] } });
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from(reply(`<ticket xmlns="${FLEET}">7\u00e5</ticket>`), 'latin1')],
    ['a NUL', `${reply('<ok/>')}\0<`],
    ['a NUL in bytes', Buffer.from(`${reply('<ok/>')}\0<`)],
  ])('refuses %s', (_, text) => {
    expect(context.readReply('fleet', 'dispatch', text)).toMatchObject({
      ok: false,
      failure: { errors: [{ reason: 'syntax' }] },
    });
    expect(context.parseReply('fleet', 'dispatch', text).ok).toBe(false);
  });

  it('reads bytes as it reads text', () => {
    const text = reply(`<ticket xmlns="${FLEET}">7</ticket>`);
    expect(context.readReply('fleet', 'dispatch', Buffer.from(text))).toEqual(
      context.readReply('fleet', 'dispatch', text),
    );
  });

  it('refuses a module nobody has', () => {
    expect(context.readReply('zoo', 'dispatch', reply('<ok/>'))).toMatchObject({
      ok: false,
      failure: { errors: [{ message: 'No rpc "dispatch" in a module "zoo".' }] },
    });
  });
});

describe('readNotification', () => {
  it('gives content and time', () => {
    const text = notification(`<arrived xmlns="${FLEET}"><plate>AB-12</plate></arrived>`);
    expect(context.readNotification(text)).toEqual({
      ok: true,
      value: { eventTime: '2026-11-21T10:00:00Z', module: 'fleet', name: 'arrived', content: { plate: 'AB-12' } },
    });
  });

  it('reads a nested notification with the node it belongs to', () => {
    const text = notification(
      fleet('<vehicle><plate>AB-12</plate><broken-down><cause>tyre</cause></broken-down></vehicle>'),
    );
    expect(unwrap(context.readNotification(text, { datastore }))).toMatchObject({
      name: 'broken-down',
      content: { cause: 'tyre' },
      parent: "/fleet:fleet/vehicle[plate='AB-12']",
    });
  });

  it('refuses one without a time', () => {
    const text = notification('').replace(/<eventTime>.*<.eventTime>/, `<arrived xmlns="${FLEET}"/>`);
    expect(context.readNotification(text)).toMatchObject({ ok: false, failure: { errors: [{ reason: 'envelope' }] } });
  });
});

describe('operations as trees', () => {
  it('go from JSON to XML', () => {
    const { tree, ...operation } = unwrap(
      context.parseRpc('{"fleet:dispatch":{"plate":"AB-12","stop":[{"order":2,"where":"Lager"}]}}', 'json', {
        datastore,
      }),
    );
    expect(operation).toEqual({ module: 'fleet', name: 'dispatch' });
    expect(unwrap(tree.print('xml'))).toBe(
      `<dispatch xmlns="${FLEET}"><plate>AB-12</plate><stop><order>2</order><where>Lager</where></stop></dispatch>`,
    );
  });

  it('keep what their envelopes say', () => {
    expect(unwrap(context.parseRpc(GOOD, 'xml', { datastore })).messageId).toBe('101');
    const arrived = notification(`<arrived xmlns="${FLEET}"><plate>AB-12</plate></arrived>`);
    expect(unwrap(context.parseNotification(arrived)).eventTime).toBe('2026-11-21T10:00:00Z');
  });

  it('hold the output of a reply below the operation', () => {
    const fromXml = unwrap(context.parseReply('fleet', 'dispatch', reply(`<ticket xmlns="${FLEET}">7</ticket>`)));
    const fromJson = unwrap(context.parseReply('fleet', 'dispatch', '{"fleet:dispatch":{"ticket":"7"}}', 'json'));
    expect(unwrap(fromXml.tree.print('json'))).toBe('{"fleet:dispatch":{"ticket":"7"}}');
    expect(unwrap(fromJson.tree.print('xml'))).toBe(unwrap(fromXml.tree.print('xml')));
  });

  it('are refused as their readers refuse them', () => {
    expect(context.parseRpc('{"fleet:dispatch":{}}', 'json', { datastore })).toMatchObject({
      ok: false,
      failure: { errors: [{ reason: 'mandatory' }] },
    });
    // What it points at is not there: no datastore is given.
    expect(context.parseRpc(GOOD)).toEqual(context.readRpc(GOOD));
    expect(context.parseRpc(GOOD)).toMatchObject({ failure: { errors: [{ reason: 'instance-required' }] } });
    expect(context.parseNotification('{"fleet:arrived":{}}', 'json').ok).toBe(false);
    expect(context.parseReply('fleet', 'dispatch', '{"fleet:dispatch":{"ticket":7}}', 'json').ok).toBe(false);
  });
});
