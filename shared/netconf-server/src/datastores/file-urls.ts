import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Result, Turns } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import { replaceFile, syncFolder } from '../atomic-file.ts';
import type { UrlScheme } from './url-scheme.ts';

export interface FileUrlOptions {
  /** The largest file that is read, in bytes. 16 MiB unless given. */
  readonly largest?: number;
}

/**
 * The scheme `file`, confined to one folder: `file:///backup.xml` is the file of that name in it. There is nothing else:
 * no folders below, no other hosts, no names that begin with a dot; symbolic links are not followed.
 */
export function fileUrls(folder: string, { largest = 2 ** 24 }: FileUrlOptions = {}): UrlScheme {
  const turns = new Turns();
  const within = async <T>(url: URL, work: (path: string) => Promise<Result<T, RpcError>>) => {
    const name = nameIn(url);
    if (name === undefined) {
      const message = 'url: expected file:///NAME, of letters, digits, ".", "-" and "_"';
      return failed(rpcError.invalidValue('protocol', { message }));
    }
    try {
      return await turns.take(() => work(join(folder, name)));
    } catch (error) {
      return failed(failureOf(error as NodeJS.ErrnoException, name));
    }
  };
  return {
    read: (url) =>
      within(url, async (path) => {
        const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          const about = await file.stat();
          if (!about.isFile()) return failed(rpcError.invalidValue('protocol', { message: 'url: it is not a file' }));
          if (about.size <= largest) return ok(await file.readFile('utf8'));
          return failed(rpcError.tooBig('application', { message: `url: more than ${largest} bytes` }));
        } finally {
          await file.close();
        }
      }),
    write: (url, document) =>
      within(url, async (path) => {
        await replaceFile(path, document);
        return ok();
      }),
    delete: (url) =>
      within(url, async (path) => {
        await unlink(path);
        await syncFolder(folder);
        return ok();
      }),
  };
}

function nameIn({ host, username, search, hash, pathname }: URL): string | undefined {
  if (host !== '' || username !== '' || search !== '' || hash !== '') return undefined;
  return /^\/([\w-][\w.-]{0,199})$/.exec(pathname)?.[1];
}

function failureOf({ code }: NodeJS.ErrnoException, name: string): RpcError {
  switch (code) {
    case 'ENOENT':
      return rpcError.dataMissing({ message: `url: there is no ${name}` });
    case 'ENOSPC':
    case 'EDQUOT':
      return rpcError.resourceDenied('application', { message: 'url: there is no room for it' });
    case 'ELOOP':
      return rpcError.invalidValue('protocol', { message: 'url: it is not a file' });
    default:
      return rpcError.operationFailed('application', { message: `url: ${name} cannot be read or written` });
  }
}
