import { addressBits, type Family, familyOf } from '../../lanes/ip-address.ts';
import { addressBytes, addressText, numberOf } from './address-bytes.ts';
import { Attributes, MessageWriter } from './message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';
import { ROUTE_MESSAGE } from './route-messages.ts';

const HEADER = 12;
const DESTINATION = 1;
const PREFERRED_SOURCE = 7;

/** The host's own address that a packet of nobody's would have towards a destination; undefined where it has no way. */
export function sourceTowards(socket: NetlinkSocket, destination: string): string | undefined {
  const family = familyOf(destination) as Family;
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(numberOf(family), 0);
  header.writeUInt8(addressBits(family), 1);
  const asked = socket.ask(
    new MessageWriter(ROUTE_MESSAGE.get, 0, header).bytes(DESTINATION, addressBytes(destination)),
  );
  if (!asked.ok || asked.value === undefined) return undefined;
  return addressText(new Attributes(asked.value.payload, HEADER).bytes(PREFERRED_SOURCE));
}
