import { ok, type Result } from '@sublane/basics';
import { type Context, type ContextRecipe, Libyang, type LibyangFailure, type YangError } from 'libyang-wasm';
import type { ClientOperations } from '../client-operations.ts';
import type { RpcFailure } from '../failures.ts';
import type { CallOptions } from '../rpc-calls.ts';
import { type CollectedSchemas, collectSchemas, type MissingSchema } from './collect-schemas.ts';
import { SchemaCache } from './schema-cache.ts';

export interface SchemaOptions extends CallOptions {
  /** `false`: nothing is kept on disk. */
  readonly cache?: SchemaCache | false;
  /** Default: one of its own, loaded now. */
  readonly libyang?: Libyang;
}

/** A server's schemas, read. */
export interface OpenedSchemas extends CollectedSchemas {
  readonly context: Context;
  /** Modules whose texts came, and which libyang does not take: their data are unknown to the context. */
  readonly refused: readonly MissingSchema[];
}

/** Fetches what a server announces and reads it into a context of libyang. Modules that do not load are left out, and named. */
export async function openSchemas(
  client: ClientOperations & { readonly capabilities: readonly string[] },
  options: SchemaOptions = {},
): Promise<Result<OpenedSchemas, RpcFailure>> {
  const { cache = new SchemaCache(), libyang = Libyang.load(), ...call } = options;
  const collected = await collectSchemas(client, cache === false ? undefined : cache, call);
  return collected.ok ? ok(openTexts(collected.value, libyang)) : collected;
}

/** The same of texts that are there already. */
export function openTexts(collected: CollectedSchemas, libyang: Libyang): OpenedSchemas {
  const { announced, texts } = collected;
  const have = new Set(texts.map(({ name }) => name));
  const wanted = announced.modules.filter(({ name, implemented }) => implemented && have.has(name));
  const sources = texts.map(({ name, revision, text }) => ({ name, text, ...(revision && { revision }) }));
  const refused: MissingSchema[] = [];

  const implement = (modules: typeof wanted): ContextRecipe['implement'] => [
    ...modules.map(({ name, revision, features }) => ({ name, features, ...(revision && { revision }) })),
  ];
  let modules = wanted;
  let opened = libyang.createContext({ sources, implement: implement(modules) });
  if (!opened.ok) {
    // libyang names one thing that is wrong, not which modules go without it: each is tried alone.
    modules = modules.filter((module) => {
      const alone = libyang.createContext({ sources, implement: implement([module]) });
      if (alone.ok) alone.value.dispose();
      else refused.push(refusal(module, alone.failure));
      return alone.ok;
    });
    opened = libyang.createContext({ sources, implement: implement(modules) });
  }
  while (!opened.ok && modules.length > 0) {
    // Together they fail where each alone does not: the longest beginning that does not fail stays.
    let kept = 0;
    for (let step = 2 ** Math.floor(Math.log2(modules.length)); step >= 1; step /= 2) {
      if (kept + step > modules.length) continue;
      const some = libyang.createContext({ sources, implement: implement(modules.slice(0, kept + step)) });
      if (!some.ok) continue;
      some.value.dispose();
      kept += step;
    }
    refused.push(refusal(modules[kept]!, opened.failure));
    modules = modules.filter((_, index) => index !== kept);
    opened = libyang.createContext({ sources, implement: implement(modules) });
  }
  if (!opened.ok) throw new Error(`libyang-wasm: no context at all: ${failureText(opened.failure)}`);
  return { ...collected, context: opened.value, refused };
}

export function failureText(failure: LibyangFailure): string {
  switch (failure.kind) {
    case 'invalid':
      return failure.errors.map(errorText).join('; ');
    case 'too-big':
      return `more than ${failure.limit} bytes`;
    case 'disposed':
      return 'the schemas were disposed of';
    case 'trap':
      return failure.message;
  }
}

function errorText({ message, path, line }: YangError): string {
  const where = [path, line === undefined ? undefined : `line ${line}`].filter((part) => part !== undefined);
  return where.length === 0 ? message : `${message} (${where.join(', ')})`;
}

function refusal(
  { name, revision }: { readonly name: string; readonly revision?: string },
  failure: LibyangFailure,
): MissingSchema {
  return { name, ...(revision && { revision }), why: `libyang does not take it: ${failureText(failure)}` };
}
