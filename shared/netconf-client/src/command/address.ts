/** Where a server is. */
export type Address =
  | { readonly kind: 'ssh' | 'tls'; readonly host: string; readonly port: number; readonly user: string | undefined }
  | { readonly kind: 'unix'; readonly path: string };

export const ADDRESS_EXPECTED =
  'expected ssh://USER@HOST[:PORT], tls://HOST[:PORT] or the path of a Unix socket, as ssh://alice@router.example.net';

const PORTS = { ssh: 830, tls: 6513 } as const;

/** `ssh://alice@router:830`, `tls://router`, `/run/server.sock`; `alice@router` is SSH. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith('unix:')) return { kind: 'unix', path: text.replace(/^unix:(\/\/)?/, '') };
  // No name of a host has a slash in it.
  if (text.includes('/') && !text.includes('://')) return { kind: 'unix', path: text };
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `ssh://${text}`);
  } catch {
    return undefined;
  }
  const { protocol, username, password, hostname, port, pathname } = url;
  const kind = protocol === 'ssh:' ? 'ssh' : protocol === 'tls:' ? 'tls' : undefined;
  // A password here would stand in the list of processes and in the shell's history.
  if (kind === undefined || hostname === '' || password !== '' || pathname.length > 1) return undefined;
  return {
    kind,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? PORTS[kind] : Number(port),
    user: username === '' ? undefined : decodeURIComponent(username),
  };
}
