import { failed, ok, type Result } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';
import type { NetconfClient } from '../netconf-client.ts';
import { type Announced, readAnnounced } from '../schemas/announced.ts';
import { type OpenedSchemas, openSchemas } from '../schemas/open-schemas.ts';
import { SchemaCache } from '../schemas/schema-cache.ts';
import { type CommandFailure, rpcFailure } from './outcome.ts';
import type { GlobalOptions } from './surroundings.ts';

function loadLibyang(): Result<Libyang, CommandFailure> {
  try {
    return ok(Libyang.load());
  } catch (error) {
    return failed({ kind: 'failed', message: `schemas cannot be read here: ${(error as Error).message}` });
  }
}

/** A session, with what is learnt of the server once and then kept. */
export class HeldSession {
  readonly client: NetconfClient;
  /** Locks and uncommitted changes stay from one command to the next. */
  readonly interactive: boolean;
  readonly #cache: SchemaCache | false;
  #schemas: OpenedSchemas | undefined;
  #announced: Announced | undefined;

  constructor(client: NetconfClient, { cache }: GlobalOptions, interactive: boolean) {
    this.client = client;
    this.interactive = interactive;
    this.#cache = cache === false ? false : new SchemaCache(cache === undefined ? {} : { folder: cache });
  }

  /** The schemas that were opened so far, if any. */
  get openedSchemas(): OpenedSchemas | undefined {
    return this.#schemas;
  }

  async schemas(signal: AbortSignal): Promise<Result<OpenedSchemas, CommandFailure>> {
    if (this.#schemas === undefined) {
      const libyang = loadLibyang();
      if (!libyang.ok) return libyang;
      const opened = await openSchemas(this.client, { cache: this.#cache, libyang: libyang.value, signal });
      if (!opened.ok) return failed(rpcFailure(opened.failure));
      this.#schemas = opened.value;
    }
    return ok(this.#schemas);
  }

  async announced(signal: AbortSignal): Promise<Result<Announced, CommandFailure>> {
    this.#announced ??= this.#schemas?.announced;
    if (this.#announced === undefined) {
      const read = await readAnnounced(this.client, { signal });
      if (!read.ok) return failed(rpcFailure(read.failure));
      this.#announced = read.value;
    }
    return ok(this.#announced);
  }

  /** Of a module of the server; `undefined` where it has none of that name. */
  async namespaceOf(module: string, signal: AbortSignal): Promise<Result<string | undefined, CommandFailure>> {
    for (const capability of this.client.capabilities) {
      const [namespace, query = ''] = capability.split('?', 2);
      if (new URLSearchParams(query).get('module') === module) return ok(namespace);
    }
    const announced = await this.announced(signal);
    if (!announced.ok) return announced;
    return ok(announced.value.modules.find(({ name }) => name === module)?.namespace);
  }
}
