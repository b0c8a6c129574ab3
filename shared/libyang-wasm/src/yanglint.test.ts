// The same inputs to libyang as wasm and to Debian's yanglint: both must say the same.
import { type Result, unwrap } from '@sublane/basics';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { dispatch, FLEET, fleet, fleetContext, notification, reply, rpc, STOP, vehicle } from '../test-data/fleet.ts';
import { absent, type Verdict, yanglint } from '../test-data/yanglint.ts';
import type { LibyangFailure } from './failure.ts';

if (absent !== undefined) console.warn(`skipped: comparison with yanglint. ${absent}`);

const TRACKING = 'urn:example:fleet:tracking';
const DEPOTS = '<depot><name>north</name></depot>';

/** Each is parsed as configuration. */
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  'nothing at all': fleet(),
  'all kinds of values': fleet(
    DEPOTS,
    vehicle(
      'AB-12',
      '<badge>7</badge><depot>north</depot><seats>9</seats><load>0.50</load><tag>b</tag><tag>a</tag><retired/>' +
        '<serial>18446744073709551615</serial><features>lift crane</features><gateway>2001:DB8::1</gateway><battery>80</battery>' +
        `<position xmlns="${TRACKING}"><latitude>-59.913868</latitude></position>`,
    ),
    '<night-shift/>',
    '<toll-account>A &lt;1&gt; &amp; "2" \u00e9\u{1F69A}</toll-account>',
  ),
  'a value before its key': fleet('<vehicle><badge>7</badge><plate>AB-12</plate><kind>van</kind></vehicle>'),
  'an identity of another module': fleet(
    `<vehicle><plate>AB-12</plate><kind xmlns:t="${TRACKING}">t:drone</kind></vehicle>`,
  ),
  'an unknown identity': fleet('<vehicle><plate>AB-12</plate><kind>bicycle</kind></vehicle>'),
  'a number out of range': fleet(vehicle('AB-12', '<seats>10</seats>')),
  'a number that is none': fleet(vehicle('AB-12', '<seats>two</seats>')),
  'a range with a gap': fleet('<depot><name>north</name><capacity>501</capacity></depot>'),
  'a decimal with too many digits': fleet(vehicle('AB-12', '<load>1.234</load>')),
  'a negative decimal': fleet(vehicle('AB-12', '<load>-0.5</load>')),
  'a text too long': fleet(vehicle('AB-123456789')),
  'a text of the wrong pattern': fleet(vehicle('ab-12')),
  'a text of an excluded pattern': fleet(vehicle('XX-12')),
  'an unknown enum': fleet(vehicle('AB-12', '<litres>1</litres><grade>coal</grade>')),
  'an unknown bit': fleet(vehicle('AB-12', '<features>wings</features>')),
  'no member of a union': fleet(vehicle('AB-12', '<gateway>somewhere</gateway>')),
  'an empty leaf with content': fleet(vehicle('AB-12', '<retired>yes</retired>')),
  'an unknown node': fleet(vehicle('AB-12', '<wings>2</wings>')),
  'an unknown module': '<zoo xmlns="urn:example:zoo"/>',
  'a missing key': fleet('<vehicle><kind>van</kind></vehicle>'),
  'a missing mandatory leaf': fleet('<vehicle><plate>AB-12</plate></vehicle>'),
  'the same key twice': fleet(vehicle('AB-12'), vehicle('AB-12')),
  'the same leaf twice': fleet(vehicle('AB-12', '<seats>1</seats><seats>2</seats>')),
  'a broken unique': fleet(vehicle('AB-12', '<badge>7</badge>'), vehicle('AB-13', '<badge>7</badge>')),
  'a leafref to nothing': fleet(vehicle('AB-12', '<depot>south</depot>')),
  'a broken must with its own words': fleet(vehicle('AB-12', '<load>31</load><seats>4</seats>')),
  'a broken must without': fleet('<vehicle><plate>AB-12</plate><kind>truck</kind><axles>1</axles></vehicle>'),
  'a false when': fleet(vehicle('AB-12', '<axles>2</axles>')),
  'a true when': fleet('<vehicle><plate>AB-12</plate><kind>truck</kind><axles>3</axles></vehicle>'),
  'two cases of a choice': fleet(vehicle('AB-12', '<battery>80</battery><litres>60</litres>')),
  'too many entries': fleet(vehicle('AB-12', '<tag>a</tag><tag>b</tag><tag>c</tag><tag>d</tag>')),
  'state in configuration': fleet(vehicle('AB-12', '<state><mileage>1</mileage></state>')),
  'anydata of a known module': fleet(`<extra><note xmlns="urn:example:other">x</note></extra>`),
  'an unclosed element': '<fleet xmlns="urn:example:fleet"><depot>',
  'the wrong closing element': '<fleet xmlns="urn:example:fleet"></feet>',
  'an undeclared prefix': '<q:fleet/>',
  'a document type': '<!DOCTYPE a [<!ENTITY x "y">]><fleet xmlns="urn:example:fleet"/>',
  'text between elements': fleet('text'),
  'an invalid character reference': fleet('<toll-account>&#0;</toll-account>'),
  'not XML': 'plain text',
};

const CONFIGURATIONS_JSON: Readonly<Record<string, string>> = {
  'all kinds of values': JSON.stringify({
    'fleet:fleet': {
      depot: [{ name: 'north', capacity: 1000 }],
      vehicle: [
        {
          plate: 'AB-12',
          kind: 'fleet-tracking:drone',
          depot: 'north',
          load: '12.50',
          tag: ['b', 'a'],
          retired: [null],
          serial: '9007199254740993',
          gateway: 'none',
          'fleet-tracking:position': { latitude: '1.0' },
        },
      ],
      'night-shift': { lead: 'Søren "the owl"\n\\' },
    },
  }),
  'a name without its module': '{"fleet":{}}',
  'a number where a text belongs': '{"fleet:fleet":{"depot":[{"name":7}]}}',
  'a text where a number belongs': '{"fleet:fleet":{"depot":[{"name":"n","capacity":"7"}]}}',
  'a list that is none': '{"fleet:fleet":{"depot":{"name":"n"}}}',
  'an unknown member': '{"fleet:fleet":{"wings":1}}',
  'not JSON': '{"fleet:fleet":{"depot":[}',
  'something after the end': '{"fleet:fleet":{}} {}',
};

const RPCS: Readonly<Record<string, string>> = {
  'all of its input': dispatch(
    `<plate>AB-12</plate><priority>7</priority><at>2026-11-21T12:00:00+02:00</at><note>${'n'.repeat(30)}</note>${STOP}` +
      `<follow xmlns="${TRACKING}">true</follow>`,
  ),
  'no input': rpc(`<wake-up xmlns="${FLEET}"/>`),
  'no message-id': rpc(`<wake-up xmlns="${FLEET}"/>`, ''),
  'a missing mandatory leaf': dispatch(STOP),
  'a missing list': dispatch('<plate>AB-12</plate>'),
  'a missing leaf of a list': dispatch('<plate>AB-12</plate><stop><order>1</order></stop>'),
  'a leafref to nothing': dispatch(`<plate>ZZ-99</plate>${STOP}`),
  'a broken must': dispatch(`<plate>AB-12</plate><note>${'n'.repeat(30)}</note>${STOP}`),
  'an impossible date': dispatch(`<plate>AB-12</plate><at>2026-13-21T12:00:00Z</at>${STOP}`),
  'an unknown rpc': rpc(`<fly xmlns="${FLEET}"/>`),
  'no rpc at all': rpc(''),
  'two of them': rpc(`<wake-up xmlns="${FLEET}"/><wake-up xmlns="${FLEET}"/>`),
  'output in the input': dispatch(`<plate>AB-12</plate>${STOP}<ticket>1</ticket>`),
  'another envelope': `<call xmlns="urn:example:call"><wake-up xmlns="${FLEET}"/></call>`,
  'something after it': `${rpc(`<wake-up xmlns="${FLEET}"/>`)}<rpc/>`,
};

const REPLIES: Readonly<Record<string, string>> = {
  'all of its output': reply(`<ticket xmlns="${FLEET}">1</ticket><at xmlns="${FLEET}">2026-11-21T12:00:00Z</at>`),
  'an output of the wrong type': reply(`<ticket xmlns="${FLEET}">one</ticket>`),
  'an unknown output': reply(`<fare xmlns="${FLEET}">1</fare>`),
  ok: reply('<ok/>'),
};

const NOTIFICATIONS: Readonly<Record<string, string>> = {
  'all of it': notification(
    `<arrived xmlns="${FLEET}"><plate>AB-12</plate><at>2040-01-01T00:00:00-05:00</at></arrived>`,
  ),
  'a missing mandatory leaf': notification(`<arrived xmlns="${FLEET}"/>`),
  'an unknown one': notification(`<departed xmlns="${FLEET}"/>`),
  'no time': notification(`<arrived xmlns="${FLEET}"><plate>AB-12</plate></arrived>`).replace(
    /<eventTime>.*<.eventTime>/,
    '',
  ),
};

describe('libyang-wasm and yanglint agree', () => {
  beforeEach(({ skip }) => {
    if (absent !== undefined) skip(absent);
  });
  const context = fleetContext();
  const datastore = unwrap(context.parseData(fleet(vehicle('AB-12')), 'xml'));
  const operational = { '-O': fleet(vehicle('AB-12')) };
  const seen = { accepted: 0, refused: 0 };

  afterAll(() => {
    context.dispose();
    if (absent !== undefined) return;
    expect(seen.accepted).toBeGreaterThan(10);
    expect(seen.refused).toBeGreaterThan(40);
  });

  function expectSame(own: Result<string, LibyangFailure>, theirs: Verdict): void {
    seen[theirs.accepted ? 'accepted' : 'refused'] += 1;
    if (!own.ok) {
      expect({ accepted: false, errors: messagesOf(own.failure) }).toEqual({
        accepted: theirs.accepted,
        errors: theirs.errors,
      });
      return;
    }
    expect({ accepted: true, output: own.value.trim() }).toEqual({
      accepted: theirs.accepted,
      output: theirs.output.trim(),
    });
  }

  it.each(Object.entries(CONFIGURATIONS))('configuration in XML: %s', (_, text) => {
    const own = context.parseData(text, 'xml', { content: 'config', scope: 'all' });
    for (const format of ['xml', 'json'] as const) {
      const printed = own.ok ? own.value.print(format, { pretty: true, withDefaults: 'report-all' }) : own;
      expectSame(printed, yanglint('config', { text, format: 'xml' }, format, { args: ['-d', 'all'] }));
    }
  });

  it.each(Object.entries(CONFIGURATIONS_JSON))('configuration in JSON: %s', (_, text) => {
    const own = context.parseData(text, 'json', { content: 'config', scope: 'all' });
    const printed = own.ok ? own.value.print('xml', { pretty: true }) : own;
    expectSame(printed, yanglint('config', { text, format: 'json' }, 'xml'));
  });

  it.each(['explicit', 'trim'] as const)('with-defaults: %s', (withDefaults) => {
    const text = fleet('<limits><speed>90</speed><zone>city</zone></limits>', vehicle('AB-12', '<seats>2</seats>'));
    const own = unwrap(context.parseData(text, 'xml')).print('xml', { pretty: true, withDefaults });
    const args = withDefaults === 'trim' ? ['-d', 'trim'] : [];
    expectSame(own, yanglint('config', { text, format: 'xml' }, 'xml', { args }));
  });

  it.each(Object.entries(RPCS))('rpc: %s', (_, text) => {
    const own = context.parseRpc(text, 'xml', { datastore });
    const printed = own.ok ? own.value.tree.print('json', { pretty: true }) : own;
    expectSame(printed, yanglint('nc-rpc', { text, format: 'xml' }, 'json', { files: operational }));
    expect(context.readRpc(text, { datastore }).ok).toBe(own.ok);
  });

  it.each(Object.entries(REPLIES))('reply: %s', (_, text) => {
    const own = context.readReply('fleet', 'dispatch', text, { datastore });
    const request = dispatch(`<plate>AB-12</plate>${STOP}`);
    const theirs = yanglint('nc-reply', { text, format: 'xml' }, 'json', { files: { ...operational, '-R': request } });
    expect(own.ok).toBe(theirs.accepted);
    if (!own.ok) expect(messagesOf(own.failure)).toEqual(theirs.errors);
    else expect(own.value.output).toMatchObject(withoutModules(theirs.output));
  });

  it.each(Object.entries(NOTIFICATIONS))('notification: %s', (_, text) => {
    const own = context.parseNotification(text);
    const printed = own.ok ? own.value.tree.print('json', { pretty: true }) : own;
    expectSame(printed, yanglint('nc-notif', { text, format: 'xml' }, 'json', { files: operational }));
  });
});

const messagesOf = (failure: LibyangFailure): string[] =>
  failure.kind === 'invalid' ? failure.errors.map(({ message }) => message) : [failure.kind];

/** yanglint prints the first node of the output, as if it stood at the top. */
function withoutModules(json: string): object {
  const nodes = json.trim() === '' ? {} : (JSON.parse(json) as Record<string, unknown>);
  return Object.fromEntries(Object.entries(nodes).map(([name, value]) => [name.replace(/^fleet:/, ''), value]));
}
