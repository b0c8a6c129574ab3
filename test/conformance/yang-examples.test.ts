import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readMessage } from './message-reader.ts';
import { EXAMPLES, type Example, needsYanglint, yanglintMessage } from './yanglint.ts';

describe.each(EXAMPLES.map((example) => [`${example.name}.${example.kind}`, example] as const))('%s', (_, example) => {
  it('is valid in yanglint', (context) => {
    needsYanglint(context);
    expect(yanglintMessage(example)).toEqual({ valid: true, said: '' });
  });
  it('is valid in libyang-wasm', () => expect(readMessage(example)).toMatchObject({ ok: true }));
});

/** An example, what in it is replaced by what, and how it is then refused. */
type Broken = readonly [
  why: string,
  example: string,
  from: string | RegExp,
  to: string,
  reason: string,
  appTag?: string,
];

const BROKEN: readonly Broken[] = [
  ['no location', 'subscriber-service-message.rpc', /<location>.*<\/location>/, '', 'mandatory'],
  [
    'no group',
    'subscriber-service-message-password.rpc',
    /<application-group>.*<\/application-group>/s,
    '',
    'too-few-elements',
  ],
  ['group 0', 'subscriber-service-message.rpc', '<id>1</id>', '<id>0</id>', 'value'],
  ['a rate of nothing', 'subscriber-service-message.rpc', '>2000<', '>0<', 'value'],
  ['a priority that is none', 'subscriber-service-message.rpc', '>H<', '>X<', 'value'],
  ['a host-id that is no user name', 'subscriber-service-message.rpc', '>laptop-7f<', '>-laptop<', 'value'],
  ['one direction twice', 'subscriber-service-message.rpc', '>dnld<', '>upld<', 'duplicate'],
  [
    'a WireGuard key of another length',
    'subscriber-service-message-wireguard.rpc',
    'mDnSGNSO0EZSnuFWpZ3FEZ0dsQW1FGKCmTrXGOgl0Fo=',
    'mDnSGNSO0EZSnuFWpZ3FEQ==',
    'value',
  ],
  ['an address with a zone', 'subscriber-service-message-wireguard.rpc', '192.168.1.23', 'fe80::1%eth0', 'value'],
  [
    'a leaf of its own invention',
    'subscriber-service-message.rpc',
    '<priority>',
    '<speed>1</speed><priority>',
    'unknown-node',
  ],
  [
    'a password in clear',
    'subscriber-service-message-password.rpc',
    /<user-password>.*</,
    '<user-password>secret<',
    'value',
  ],
  [
    'a password of nobody',
    'subscriber-service-message-password.rpc',
    /<user-name>.*<\/user-name>/,
    '',
    'must',
    'password-without-user',
  ],
  [
    'a lane without an address',
    'subscriber-service-message.reply',
    /<ipv4>.*?<\/ipv4>\s*<ipv6>.*?<\/ipv6>/s,
    '',
    'must',
    'lane-without-address',
  ],
  ['an interface that is not ours', 'subscriber-service-message.reply', '>sl1<', '>eth0<', 'value'],
  [
    'an interface type nobody knows',
    'subscriber-service-message.reply',
    'ianaift:propVirtual',
    'ianaift:teleport',
    'value',
  ],
  ['a lane without a lease', 'subscriber-service-message.reply', /<lease>.*?<\/lease>/s, '', 'mandatory'],
  ['a renewal after the end', 'subscriber-service-message.reply', '>1800<', '>3600<', 'must'],
  ['ports the wrong way round', 'subscriber-service-message.reply', '>20000</upper', '>9999</upper', 'must'],
  ['a VLAN without its number', 'get-service.reply', '<vlan-id>113</vlan-id>', '', 'mandatory'],
  ['a VLAN where there is a tunnel', 'get-service.reply', '<tunnel>', '<vlan-id>1</vlan-id><tunnel>', 'when'],
  ['no time to confirm', 'service-modification.notification', '>60<', '>0<', 'value'],
  ['a report on nothing', 'report-service.rpc', /<application-group>.*<\/application-group>/s, '', 'too-few-elements'],
  [
    'a pool where nothing is',
    'headend.config',
    '<location>vienna</location>',
    '<location>linz</location>',
    'instance-required',
  ],
  ['a location inside itself', 'headend.config', '<parent>austria</parent>', '<parent>vienna</parent>', 'must'],
  ['a pool on a VLAN without its number', 'headend.config', '<vlan-id>113</vlan-id>', '', 'mandatory'],
  [
    'a rule to a class that is not there',
    'headend.config',
    '<class>conversational</class>\n    </rule>',
    '<class>gold</class></rule>',
    'instance-required',
  ],
  ['a rule without an outcome', 'headend.config', '<refuse>bulk transfers rest at noon</refuse>', '', 'missing-choice'],
  ['a rule with two', 'headend.config', '<refuse>', '<class>streaming</class><refuse>', 'two-cases'],
  [
    'a realm of nobody',
    'headend.config',
    '<authority>isp</authority>\n    </realm>',
    '<authority>roam</authority></realm>',
    'must',
  ],
  [
    'servers that may speak of nobody’s subscribers',
    'headend.config',
    '<authority>isp</authority>\n      </client>',
    '<authority>roam</authority></client>',
    'instance-required',
  ],
  [
    'a plan for all that is not there',
    'headend.config',
    '>gold</default-plan>',
    '>tin</default-plan>',
    'instance-required',
  ],
  ['a secret outside its folder', 'headend.config', '>bng-1</secret-file>', '>../bng-1</secret-file>', 'value'],
  [
    'a plan with a unit',
    'headend.config',
    '<value-is>upld-ceiling</value-is>',
    '<value-is>plan</value-is><unit>bits-per-second</unit>',
    'when',
  ],
  ['an hour that is none', 'headend.config', '11:00-13:00', '11:00-25:00', 'value'],
  ['a lease renewed too late', 'headend.config', '<renew-at>0.5<', '<renew-at>0.95<', 'value'],
  [
    'state as configuration',
    'sp-service-message.edge',
    '<qos-cfg>',
    '<lease><id>1</id></lease><qos-cfg>',
    'unknown-node',
  ],
  ['a short password', 'add-subscriber.rpc', /<password>.*</, '<password>1234567<', 'value'],
  ['a page of nothing', 'list-leases.rpc', '<limit>1<', '<limit>0<', 'value'],
  ['a page of too much', 'list-leases.rpc', '<limit>1<', '<limit>1001<', 'value'],
  ['what this headend does not take', 'get-status.reply', '>sqlite<', '>floppy<', 'value'],
];

describe('refused by both', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sublane-yang-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeEach(needsYanglint);
  it.each(BROKEN.map((broken) => [broken[0], broken] as const))('%s', (_, [, named, from, to, reason, appTag]) => {
    const example = EXAMPLES.find(({ name, kind }) => `${name}.${kind}` === named)!;
    const text = example.text.replace(from, to);
    expect(text).not.toBe(example.text);
    const broken: Example = { ...example, text, file: join(folder, 'broken.xml') };
    writeFileSync(broken.file, text);

    const { valid, said } = yanglintMessage(broken);
    expect({ valid, silent: said === '' }).toEqual({ valid: false, silent: false });
    expect(readMessage(broken)).toMatchObject({
      ok: false,
      failure: { kind: 'invalid', errors: [{ reason, ...(appTag !== undefined && { appTag }) }] },
    });
  });
});
