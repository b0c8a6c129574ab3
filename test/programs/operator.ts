import { unwrap } from '@sublane/basics';
import { encodeData, encodeRpc, openContext, type RpcInput, type RpcName, type RpcOutput } from '@sublane/yang';
import { type Context, Libyang } from 'libyang-wasm';
import type { NetconfClient } from 'netconf-client';

let context: Context | undefined;

/** What a reply says, once libyang has found it valid. */
export function readReply<Name extends RpcName>(name: Name, xml: string): RpcOutput<Name> {
  context ??= openContext(Libyang.load(), 'headend');
  const [module = '', rpc = ''] = name.split(':');
  return unwrap(context.readReply(module, rpc, xml)).output as RpcOutput<Name>;
}

type Configuration = Parameters<typeof encodeData>[0]['sublane-headend:headend'];

/** What tests and benchmarks ask of a headend in the operator's place. Whatever is refused is thrown. */
export class Operator implements AsyncDisposable {
  readonly client: NetconfClient;

  constructor(client: NetconfClient) {
    this.client = client;
  }

  async call<Name extends RpcName>(name: Name, input: RpcInput<Name>): Promise<RpcOutput<Name>> {
    return readReply(name, unwrap(await this.client.rpc(encodeRpc(name, input))).xml);
  }

  /** Merges into the configuration of `running`. */
  async configure(headend: NonNullable<Configuration>): Promise<void> {
    unwrap(await this.client.editConfig({ config: encodeData({ 'sublane-headend:headend': headend }) }));
  }

  /** All pages of a list. */
  async pages<Name extends RpcName, Entry>(
    name: Name,
    input: RpcInput<Name>,
    entries: (output: RpcOutput<Name>) => readonly Entry[] | undefined,
  ): Promise<readonly Entry[]> {
    const all: Entry[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.call(name, { ...input, limit: 1000, ...(cursor !== undefined && { cursor }) });
      all.push(...(entries(page) ?? []));
      cursor = (page as { 'next-cursor'?: string })['next-cursor'];
    } while (cursor !== undefined);
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}
