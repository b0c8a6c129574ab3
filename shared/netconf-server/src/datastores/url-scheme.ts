import type { Result } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';

/** The schemes of <url> that a server takes (RFC 6241 §8.8), by name: `file`, `https`. */
export type UrlSchemes = Readonly<Record<string, UrlScheme>>;

/** How the documents behind URLs of one scheme are read and written. Each is a <config> element (RFC 6241 §8.8.5.1). */
export interface UrlScheme {
  read(url: URL): Promise<Result<string, RpcError>>;
  /** Replaces what is there, as a whole. */
  write(url: URL, document: string): Promise<Result<undefined, RpcError>>;
  delete(url: URL): Promise<Result<undefined, RpcError>>;
}
