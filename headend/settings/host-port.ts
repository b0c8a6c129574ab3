/** `192.0.2.9`, `aaa.example:1812`, `2001:db8::9`, `[2001:db8::9]:1812`; undefined where it is none of these. */
export function splitPlace(text: string): { readonly host: string; readonly port?: number } | undefined {
  const [, inside, after] = /^\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?$/.exec(text) ?? [];
  // More than one colon and no brackets: an IPv6 address without a port.
  const bare = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text) ? text : undefined;
  const [, name, behind] = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = inside ?? bare ?? name;
  const port = after ?? behind;
  if (host === undefined) return undefined;
  if (port === undefined) return { host };
  return Number(port) >= 1 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}
