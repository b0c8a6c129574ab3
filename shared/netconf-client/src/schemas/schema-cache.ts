import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Announced } from './announced.ts';

export interface SchemaCacheOptions {
  /** Default: `netconf-client` in `$XDG_CACHE_HOME`, or in `~/.cache`. */
  readonly folder?: string;
  /** Bytes of all that is kept; what was not used for longest goes first. Default 256 MiB. */
  readonly limit?: number;
  /**
   * One text for all servers that name the same module and revision. Default false: a server that lies about a module
   * lies only to those that ask it.
   */
  readonly shared?: boolean;
}

/**
 * Texts of YANG modules on disk, by server, name and revision, and the list of a server's modules by its content-id.
 * Each file has the hash of its content in its name: one that does not match is removed and not used. Files appear whole
 * or not at all, so any number of processes may share a folder. What fails on disk is as if nothing were kept.
 */
export class SchemaCache {
  readonly folder: string;
  readonly #limit: number;
  readonly #shared: boolean;

  constructor({ folder = defaultFolder(), limit = 256 * 1024 * 1024, shared = false }: SchemaCacheOptions = {}) {
    this.folder = folder;
    this.#limit = limit;
    this.#shared = shared;
  }

  /** @param server its address, as `ssh://router:830` */
  of(server: string): ServerSchemas {
    return new ServerSchemas(
      join(this.folder, this.#shared ? 'shared' : server.replace(/[^\w.-]+/g, '_')),
      join(this.folder, server.replace(/[^\w.-]+/g, '_')),
    );
  }

  /** Drops what was not used for longest, until the rest fits. */
  async trim(): Promise<void> {
    const files: { readonly path: string; readonly size: number; readonly used: number }[] = [];
    for (const name of await readdir(this.folder, { recursive: true }).catch(() => [])) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) files.push({ path, size: found.size, used: found.mtimeMs });
    }
    let size = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files.sort((one, other) => one.used - other.used)) {
      if (size <= this.#limit) break;
      await rm(file.path, { force: true }).catch(() => undefined);
      size -= file.size;
    }
  }
}

/** What is kept of one server. */
export class ServerSchemas {
  readonly #modules: string;
  readonly #libraries: string;
  #files: Promise<Map<string, string[]>> | undefined;

  constructor(modules: string, libraries: string) {
    this.#modules = modules;
    this.#libraries = libraries;
  }

  /** Only with a revision: without one, what is kept may be an older text (RFC 7950 §11 wants a new one for each change). */
  async module(name: string, revision: string): Promise<string | undefined> {
    this.#files ??= list(this.#modules);
    const key = `${name}@${revision}`;
    return read(this.#modules, (await this.#files).get(`${key}.yang`) ?? [], key, 'yang');
  }

  async keepModule(name: string, revision: string, text: string): Promise<void> {
    if (NAME.test(name) && REVISION.test(revision)) await write(this.#modules, `${name}@${revision}`, 'yang', text);
  }

  async announced(contentId: string): Promise<Announced | undefined> {
    const key = `library-${hash(contentId)}`;
    const text = await read(this.#libraries, (await list(this.#libraries)).get(`${key}.json`) ?? [], key, 'json');
    return text === undefined ? undefined : (JSON.parse(text) as Announced);
  }

  async keepAnnounced(contentId: string, announced: Announced): Promise<void> {
    await write(this.#libraries, `library-${hash(contentId)}`, 'json', JSON.stringify(announced));
  }
}

/** RFC 7950 §6.2, §7.1.9: nothing else becomes a file's name. */
const NAME = /^[A-Za-z_][\w.-]*$/;
const REVISION = /^\d{4}-\d{2}-\d{2}$/;

async function read(
  folder: string,
  files: readonly string[],
  key: string,
  extension: string,
): Promise<string | undefined> {
  for (const file of files) {
    const path = join(folder, file);
    try {
      const text = await readFile(path, 'utf8');
      if (file === fileName(key, extension, text)) {
        const now = new Date();
        await utimes(path, now, now).catch(() => undefined);
        return text;
      }
      await rm(path, { force: true });
    } catch {
      // Gone meanwhile.
    }
  }
  return undefined;
}

async function write(folder: string, key: string, extension: string, text: string): Promise<void> {
  const temporary = join(folder, `.${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, join(folder, fileName(key, extension, text)));
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Files by key: `NAME@REVISION.HASH.yang` stands under `NAME@REVISION.yang`. */
async function list(folder: string): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>();
  for (const name of await readdir(folder).catch(() => [])) {
    const [, key, extension] = /^(.+)\.[0-9a-f]{32}\.(yang|json)$/.exec(name) ?? [];
    if (key === undefined) continue;
    const full = `${key}.${extension}`;
    files.set(full, [...(files.get(full) ?? []), name]);
  }
  return files;
}

function fileName(key: string, extension: string, text: string): string {
  return `${key}.${hash(text)}.${extension}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function defaultFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'netconf-client');
}
