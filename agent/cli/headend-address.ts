import { InvalidArgumentError } from 'commander';

/** `192.0.2.1`, `192.0.2.1:8830`, `headend.example:8830`, `[2001:db8::1]:8830`, `2001:db8::1`. */
export function headendAddress(text: string): { address: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const bare = (text.match(/:/g)?.length ?? 0) > 1 && !text.startsWith('[');
  const address = bare ? text : (match?.[1] ?? match?.[2]);
  const port = bare ? 830 : Number(match?.[3] ?? 830);
  if (!address || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('expected HOST or HOST:PORT, an IPv6 address with a port as [2001:db8::1]:830.');
  }
  return { address, port };
}
