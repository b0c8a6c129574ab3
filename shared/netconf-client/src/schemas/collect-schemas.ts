import { failed, ok, type Result } from '@sublane/basics';
import type { ClientOperations } from '../client-operations.ts';
import type { RpcFailure } from '../failures.ts';
import type { CallOptions } from '../rpc-calls.ts';
import { type Announced, announcedContentId, readAnnounced } from './announced.ts';
import type { SchemaCache, ServerSchemas } from './schema-cache.ts';
import { readYangHeader, type YangHeader } from './yang-header.ts';

/** The text of one module or submodule, as the server gave it. */
export interface SchemaText {
  readonly name: string;
  readonly revision?: string;
  readonly text: string;
  readonly fetched: 'from-server' | 'from-cache';
}

/** A text that could not be had, or that is not what it should be. */
export interface MissingSchema {
  readonly name: string;
  readonly revision?: string;
  /** A sentence for a person. */
  readonly why: string;
  /** What imports or includes it; absent where the server itself announces it. */
  readonly neededBy?: string;
}

export interface CollectedSchemas {
  readonly announced: Announced;
  readonly texts: readonly SchemaText[];
  readonly missing: readonly MissingSchema[];
}

type Source = ClientOperations & { readonly capabilities: readonly string[] };

interface Wanted {
  readonly name: string;
  readonly revision?: string;
  readonly neededBy?: string;
}

/** Every text that the server announces, with all that these import and include; from the cache where it has them. */
export async function collectSchemas(
  client: Source,
  cacheOfAll: SchemaCache | undefined,
  options: CallOptions = {},
): Promise<Result<CollectedSchemas, RpcFailure>> {
  // Without the user: what a server has does not hang on who asks.
  const cache = cacheOfAll?.of(client.name.replace(/\/\/[^@/]*@/, '//'));
  const list = await announcedOf(client, cache, options);
  if (!list.ok) return list;
  const announced = list.value;
  const texts = new Map<string, SchemaText>();
  const missing: MissingSchema[] = [];
  const asked = new Set<string>();
  const names = new Set<string>();
  let wanted: Wanted[] = announced.modules.flatMap((module) => [
    module,
    ...module.submodules.map((submodule) => ({ ...submodule, neededBy: module.name })),
  ]);
  while (wanted.length > 0) {
    const now: Wanted[] = [];
    for (const one of wanted) {
      if (asked.has(key(one))) continue;
      asked.add(key(one));
      names.add(one.name);
      now.push(one);
    }
    // All at once: the session holds back what is too much.
    const got = await Promise.all(now.map((one) => textOf(client, cache, one, options)));
    wanted = [];
    for (const [index, result] of got.entries()) {
      const one = now[index]!;
      if (!result.ok) {
        const { failure } = result;
        if (!('why' in failure)) return failed(failure);
        missing.push({ ...nameOf(one), ...(one.neededBy && { neededBy: one.neededBy }), why: failure.why });
        continue;
      }
      const { text, header } = result.value;
      texts.set(`${text.name}@${text.revision ?? ''}`, text);
      for (const reference of [...header.imports, ...header.includes]) {
        // Without a revision, any will do (RFC 7950 §5.1.1).
        const known = reference.revision === undefined ? names.has(reference.name) : asked.has(key(reference));
        if (!known) wanted.push({ ...reference, neededBy: text.name });
      }
    }
  }
  await cacheOfAll?.trim();
  return ok({ announced, texts: [...texts.values()], missing });
}

async function announcedOf(
  client: Source,
  cache: ServerSchemas | undefined,
  options: CallOptions,
): Promise<Result<Announced, RpcFailure>> {
  const contentId = announcedContentId(client.capabilities);
  const kept = contentId === undefined ? undefined : await cache?.announced(contentId);
  if (kept !== undefined) return ok(kept);
  const announced = await readAnnounced(client, options);
  if (announced.ok && contentId !== undefined) await cache?.keepAnnounced(contentId, announced.value);
  return announced;
}

async function textOf(
  client: Source,
  cache: ServerSchemas | undefined,
  { name, revision }: Wanted,
  options: CallOptions,
): Promise<Result<{ text: SchemaText; header: YangHeader }, RpcFailure | { readonly why: string }>> {
  const version = revision ? { revision } : {};
  const kept = revision ? await cache?.module(name, revision) : undefined;
  const known = kept === undefined ? undefined : readYangHeader(kept);
  if (kept !== undefined && known !== undefined) {
    return ok({ text: { name, ...version, text: kept, fetched: 'from-cache' }, header: known });
  }
  const got = await client.getSchema({ identifier: name, ...(revision && { version: revision }) }, options);
  if (!got.ok) {
    const { failure } = got;
    if (failure.kind !== 'refused' && failure.kind !== 'malformed') return failed(failure);
    return failed({ why: `the server does not give it: ${failure.message}` });
  }
  const header = readYangHeader(got.value);
  const wrong = wrongText(header, name, revision);
  if (header === undefined || wrong !== undefined) {
    return failed({ why: wrong ?? NO_MODULE });
  }
  if (revision) await cache?.keepModule(name, revision, got.value);
  return ok({ text: { name, ...version, text: got.value, fetched: 'from-server' }, header });
}

const NO_MODULE = 'what the server gives is no YANG module';

function wrongText(header: YangHeader | undefined, name: string, revision: string | undefined): string | undefined {
  if (header === undefined) return NO_MODULE;
  if (header.name !== name) return `the server gives "${header.name}" instead`;
  if (revision && header.revisions.length > 0 && !header.revisions.includes(revision)) {
    return `the server gives its revision ${header.revisions[0]} instead of ${revision}`;
  }
  return undefined;
}

function nameOf({ name, revision }: Wanted): { readonly name: string; readonly revision?: string } {
  return { name, ...(revision && { revision }) };
}

function key({ name, revision }: Wanted): string {
  return `${name}@${revision ?? ''}`;
}
