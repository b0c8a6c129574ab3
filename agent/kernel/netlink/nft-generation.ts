import { failed, ok, type Result } from '@sublane/basics';
import { Attributes, MessageWriter } from './message.ts';
import { type NetlinkFailure, PROTOCOL, withNetlink } from './netlink-socket.ts';

/** nf_tables: linux/netfilter/nf_tables.h. The subsystem's number is the upper byte of a type. */
const NFTABLES = 10 << 8;
const GET_GENERATION = NFTABLES | 16;
const GENERATION = 1;
/** struct nfgenmsg. */
const HEADER = 4;

/**
 * A number that is another one after each change of the ruleset of this network namespace, whoever made it. Elements
 * that time out do not change it.
 */
export function readGeneration(): Result<number, NetlinkFailure> {
  return withNetlink(PROTOCOL.netfilter, (socket) => {
    const asked = socket.ask(new MessageWriter(GET_GENERATION, 0, Buffer.alloc(HEADER)));
    if (!asked.ok) return asked;
    const generation = asked.value && new Attributes(asked.value.payload, HEADER).u32be(GENERATION);
    if (generation === undefined) return failed({ code: 'EBADMSG', message: 'the ruleset has no generation' });
    return ok(generation);
  });
}
