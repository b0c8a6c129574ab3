import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { FLEET, fleet, fleetContext, libyang } from '../test-data/fleet.ts';

const HOST = `module host {
  namespace "urn:example:host"; prefix h;
  import ietf-inet-types { prefix inet; }
  container host {
    choice reached { case by-address { leaf address { type inet:ip-address; } } leaf name { type string; } }
    leaf-list port { type int16; }
  }
}`;

test('a value is written as its type writes it', () => {
  using context = unwrap(
    libyang().createContext({ sources: [{ name: 'host', text: HOST }], implement: [{ name: 'host' }] }),
  );
  const canonical = (path: string, value: string) => context.canonicalValue(path, value);
  expect(unwrap(canonical('/host:host/address', '2001:DB8:0:0::1'))).toBe('2001:db8::1');
  expect(unwrap(canonical('/host:host/port', '+007'))).toBe('7');
  expect(canonical('/host:host/port', 'x')).toMatchObject({ failure: { errors: [{ reason: 'value' }] } });
  expect(canonical('/host:host/nobody', 'x').ok).toBe(false);
  expect(canonical('/host:host', 'x').ok).toBe(false);
  context.dispose();
  expect(canonical('/host:host/port', '7')).toEqual({ ok: false, failure: { kind: 'disposed' } });
});

test('defaults come to what is there, without a check', () => {
  using context = fleetContext();
  // A vehicle without what is mandatory, as a filter may leave it.
  const text = fleet('<vehicle><plate>AB-12</plate></vehicle>');
  using tree = unwrap(context.parseData(text, 'xml', { validate: false }));
  expect(tree.addDefaults()).toMatchObject({ ok: true });
  expect(unwrap(tree.print('json', { withDefaults: 'report-all' }))).toContain('"speed":90');
  expect(unwrap(tree.print('xml'))).toBe(text);
  using nothing = unwrap(context.parseData('', 'xml', { validate: false }));
  expect(nothing.addDefaults({ content: 'config' })).toMatchObject({ ok: true });
  expect(unwrap(nothing.print('xml', { withDefaults: 'report-all' }))).toContain(FLEET);
});

test('a pattern of XML Schema matches the whole text', () => {
  using context = fleetContext();
  expect(context.matches('[a-z]+\\d{2}', 'abc42')).toEqual({ ok: true, value: true });
  expect(context.matches('[a-z]+', 'abc42')).toEqual({ ok: true, value: false });
  expect(context.matches('\\p{Lu}.*', 'Ærø')).toEqual({ ok: true, value: true });
  expect(context.matches('[', 'x').ok).toBe(false);
  // What takes too long is refused, not waited for.
  expect(context.matches('(a|aa)+(a|aa)+(a|aa)+[bc]', 'a'.repeat(200)).ok).toBe(false);
  expect(context.matches('a', 'a')).toEqual({ ok: true, value: true });
});
