/** An address to listen on or to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export const ENDPOINT_EXPECTED = 'expected ADDRESS:PORT, as 127.0.0.1:8830 or [::1]:8830';

/** Reads `127.0.0.1:8830`, `[::1]:8830`, `edge.example:830`; port 0 means a free one. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:@/[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
