import { addressBits, type Family, parsePrefix, prefixOf, prefixText } from '../../lanes/ip-address.ts';

/** An address as the kernel has it, 4 or 16 bytes. Throws where the text is none: what comes here was checked. */
export function addressBytes(text: string): Buffer {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new TypeError(`no address: ${text}`);
  return networkBytes(prefix);
}

export function networkBytes({ family, network }: { readonly family: Family; readonly network: bigint }): Buffer {
  return Buffer.from(network.toString(16).padStart(addressBits(family) / 4, '0'), 'hex');
}

/** Undefined where the bytes are no address. */
export function addressText(bytes: Buffer | undefined): string | undefined {
  if (bytes?.length === 4) return bytes.join('.');
  if (bytes?.length !== 16) return undefined;
  return prefixText(prefixOf(6, BigInt(`0x${bytes.toString('hex')}`), 128));
}

/** A destination; without bytes the whole family. */
export function prefixOfBytes(family: Family, bytes: Buffer | undefined, length: number) {
  const network = bytes === undefined ? 0n : BigInt(`0x0${bytes.toString('hex')}`);
  return prefixOf(family, network, Math.min(length, addressBits(family)));
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const numberOf = (family: Family): number => (family === 4 ? AF_INET : AF_INET6);
/** Undefined for what is neither. */
export const familyOfNumber = (number: number): Family | undefined =>
  number === AF_INET ? 4 : number === AF_INET6 ? 6 : undefined;
