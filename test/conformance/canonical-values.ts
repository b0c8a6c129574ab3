import fc, { type Arbitrary } from 'fast-check';

/** Values in the form in which libyang gives them back (RFC 6991's canonical formats). */
export const ipv4Address: Arbitrary<string> = fc.ipV4();

/** Inside 2001:db8::/32, so that no form with a dotted quad is canonical; text of RFC 5952. */
export const ipv6Address: Arbitrary<string> = fc
  .tuple(...Array.from({ length: 6 }, () => fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))))
  .map((groups) => compressed([0x2001, 0xdb8, ...groups]));

export const ipv4Prefix: Arbitrary<string> = fc
  .tuple(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 0xffffffff }))
  .map(([length, bits]) => {
    const base = length === 0 ? 0 : (bits & (0xffffffff << (32 - length))) >>> 0;
    return `${[24, 16, 8, 0].map((shift) => (base >>> shift) & 255).join('.')}/${length}`;
  });

export const ipv6Prefix: Arbitrary<string> = fc
  .tuple(fc.integer({ min: 2, max: 8 }), ipv6Address)
  .map(([groups, address]) => {
    const all = expanded(address).map((group, at) => (at < groups ? group : 0));
    return `${compressed(all)}/${groups * 16}`;
  });

/** Without a fraction of a second: its digits are kept as written, its zeros are not everyone's. */
export const timestamp: Arbitrary<string> = fc
  .date({ min: new Date('1971-01-01T00:00:00Z'), max: new Date('2105-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString().replace(/\.\d+Z$/, '+00:00'));

/** RFC 5952 §4.2: the first longest run of two or more zero groups becomes "::". The URL standard writes the same. */
function compressed(groups: readonly number[]): string {
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1);
}

function expanded(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [front, back] = [read(head), address.includes('::') ? read(tail) : []];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}
