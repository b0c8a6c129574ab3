import { failed, ok, type Result } from '@sublane/basics';
import { HEADER_BYTES, LONGEST_PACKET } from './packet.ts';

/** The stream is no RADIUS, or no longer: there is no way to find where the next packet begins (RFC 6613 §2.6.4). */
export type StreamRefusal = 'bad-length' | 'too-long';

/** Packets out of a byte stream, by their own length (RFC 6613 §2.1). */
export class PacketStream {
  #kept: Uint8Array = new Uint8Array(0);

  /** Takes the next bytes, in pieces of any size, and gives the packets that are whole now. */
  push(piece: Uint8Array): Result<readonly Uint8Array[], StreamRefusal> {
    let rest = this.#kept.length === 0 ? piece : Buffer.concat([this.#kept, piece]);
    const packets: Uint8Array[] = [];
    while (rest.length >= 4) {
      const length = (rest[2]! << 8) | rest[3]!;
      if (length < HEADER_BYTES) return failed('bad-length');
      if (length > LONGEST_PACKET) return failed('too-long');
      if (rest.length < length) break;
      packets.push(Uint8Array.from(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    this.#kept = Uint8Array.from(rest);
    return ok(packets);
  }
}
