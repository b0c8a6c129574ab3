import { describe, expect, test } from 'vitest';
import { ownershipOf } from '../../lanes/lanes-engine.ts';
import { firewallEvent, routeEvent } from './event-messages.ts';
import { MessageWriter, type NetlinkMessage, readMessages } from './message.ts';

const own = ownershipOf({ stateDir: '/' });
const messageOf = (writer: MessageWriter) => readMessages(writer.finish(0))?.[0] as NetlinkMessage;
const header = (size: number, fill: (bytes: Buffer) => void) => {
  const bytes = Buffer.alloc(size);
  fill(bytes);
  return bytes;
};

describe('links', () => {
  const link = (type: number, index: number) =>
    new MessageWriter(
      type,
      0,
      header(16, (bytes) => bytes.writeInt32LE(index, 4)),
    );

  test('ours are known by group and name together; names are followed', () => {
    const names = new Map<number, string>();
    const event = (name: string, group: number) =>
      routeEvent(messageOf(link(16, 7).string(3, name).u32(27, group)), own, names);
    expect(event('sl1', own.linkGroup)).toEqual({ subject: 'link', link: 'sl1', own: true });
    expect(event('sl1', 0)).toEqual({ subject: 'link', link: 'sl1', own: false });
    expect(event('eth0', own.linkGroup)).toEqual({ subject: 'link', link: 'eth0', own: false });
    expect(names.get(7)).toBe('eth0');
    expect(routeEvent(messageOf(link(17, 7).string(3, 'eth0')), own, names)).toMatchObject({ link: 'eth0' });
    expect(names.has(7)).toBe(false);
  });

  test('what says no name is known by its number', () => {
    const names = new Map([[7, 'br0']]);
    expect(routeEvent(messageOf(link(16, 7)), own, names)).toEqual({ subject: 'link', link: 'br0', own: false });
    expect(names.get(7)).toBe('br0');
  });
});

test('queues: by our handle, as the root or as the parent', () => {
  const tc = (type: number, handle: number, parent: number) =>
    routeEvent(
      messageOf(
        new MessageWriter(
          type,
          0,
          header(20, (bytes) => {
            bytes.writeInt32LE(7, 4);
            bytes.writeUInt32LE(handle, 8);
            bytes.writeUInt32LE(parent, 12);
          }),
        ),
      ),
      own,
      new Map([[7, 'eth0']]),
    );
  const ours = own.handle * 65_536;
  expect(tc(36, ours, 0xffffffff)).toEqual({ subject: 'tc', link: 'eth0', own: true });
  expect(tc(37, 0x80010000, ours + 1)).toMatchObject({ own: true });
  expect(tc(44, 0, 0xfffffff2)).toMatchObject({ own: true });
  expect(tc(36, 0x00010000, 0xffffffff)).toMatchObject({ own: false });
  expect(tc(99, ours, 0)).toBeUndefined();
});

test('the firewall: our table in its own family; a generation is no change', () => {
  const nft = (type: number, family: number, table: string) =>
    firewallEvent(
      messageOf(
        new MessageWriter(
          0x0a00 | type,
          0,
          header(4, (bytes) => bytes.writeUInt8(family, 0)),
        ).string(1, table),
      ),
      own,
    );
  expect(nft(6, 1, 'sublane')).toEqual({ subject: 'nft', own: true });
  expect(nft(6, 2, 'sublane')).toEqual({ subject: 'nft', own: false });
  expect(nft(6, 1, 'filter')).toEqual({ subject: 'nft', own: false });
  expect(nft(15, 1, 'sublane')).toBeUndefined();
});

test('too little to be a message of its kind says nothing', () => {
  for (const type of [16, 17, 20, 21, 24, 25, 32, 33, 36])
    expect(routeEvent({ type, flags: 0, sequence: 0, payload: Buffer.alloc(3) }, own, new Map())).toBeUndefined();
  expect(firewallEvent({ type: 0x0a06, flags: 0, sequence: 0, payload: Buffer.alloc(3) }, own)).toBeUndefined();
});
