import { failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { UrlScheme } from './url-scheme.ts';

export interface WebUrlOptions {
  /** Where peers may make the server go. Whatever is allowed here is asked from the server's own place in the network. */
  readonly allow: (url: URL) => boolean;
  /** Until the whole is there. 30,000 ms unless given. */
  readonly timeout?: Milliseconds;
  /** The largest document that is read, in bytes. 16 MiB unless given. */
  readonly largest?: number;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * For the schemes `http` and `https`: GET reads, PUT writes, DELETE deletes. A name and password in the URL are sent as
 * basic authentication (RFC 7617), and go nowhere else. Redirections are not followed: they could lead where nothing is
 * allowed.
 */
export function webUrls({
  allow,
  timeout = milliseconds(30_000),
  largest = 2 ** 24,
  fetch = globalThis.fetch,
}: WebUrlOptions): UrlScheme {
  const ask = async (url: URL, method: string, document?: string): Promise<Result<Response, RpcError>> => {
    if (!allow(url)) {
      return failed(rpcError.accessDenied('application', { message: `url: ${url.host} is not allowed here` }));
    }
    const { bare, headers } = withoutCredentials(url);
    const response = await fetch(bare, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(document !== undefined && { body: document }),
    });
    if (response.ok) return ok(response);
    await response.body?.cancel();
    return failed(refusalOf(response.status, url));
  };
  const guarded = async <T>(url: URL, work: () => Promise<Result<T, RpcError>>): Promise<Result<T, RpcError>> => {
    try {
      return await work();
    } catch {
      return failed(rpcError.operationFailed('application', { message: `url: ${url.host} gave no answer` }));
    }
  };
  const change = (url: URL, method: string, document?: string) =>
    guarded(url, async () => {
      const answer = await ask(url, method, document);
      if (!answer.ok) return answer;
      await answer.value.body?.cancel();
      return ok();
    });
  return {
    read: (url) =>
      guarded(url, async () => {
        const answer = await ask(url, 'GET');
        if (!answer.ok) return answer;
        const text = await textOf(answer.value, largest);
        if (text !== undefined) return ok(text);
        return failed(rpcError.tooBig('application', { message: `url: more than ${largest} bytes` }));
      }),
    write: (url, document) => change(url, 'PUT', document),
    delete: (url) => change(url, 'DELETE'),
  };
}

function withoutCredentials(url: URL) {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const headers: Record<string, string> = { accept: 'application/xml', 'content-type': 'application/xml' };
  if (url.username !== '' || url.password !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  return { bare, headers };
}

function refusalOf(status: number, { host }: URL): RpcError {
  switch (status) {
    case 401:
    case 403:
      return rpcError.accessDenied('application', { message: `url: ${host} answered ${status}` });
    case 404:
    case 410:
      return rpcError.dataMissing({ message: `url: ${host} has no such document` });
    case 507:
      return rpcError.resourceDenied('application', { message: `url: ${host} has no room for it` });
    default:
      return rpcError.operationFailed('application', { message: `url: ${host} answered ${status}` });
  }
}

/** Undefined where it is larger than that. */
async function textOf({ body }: Response, largest: number): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.length;
    if (size > largest) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
