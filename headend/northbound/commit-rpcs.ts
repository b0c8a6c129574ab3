import { failed, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError, writeXml, type XmlElement } from '@sublane/netconf';
import type { RpcInput } from '@sublane/yang';
import type { ConfigurationView, Datastores, Session } from 'netconf-server';
import type { ConfigurationStore } from '../store/configuration-store.ts';
import type { ConfigurationDocument } from '../store/records.ts';
import { pageOf } from './record-rpcs.ts';
import { type Handlers, handler } from './rpc-handlers.ts';
import { dateAndTime } from './time-text.ts';

export interface CommitRpcsParts {
  readonly log: ConfigurationStore;
  readonly datastores: Datastores;
  readonly view: ConfigurationView;
}

type Name = NonNullable<RpcInput<'sublane-headend:compare-configurations'>['from']>;

/** The log of commits, and what differs between configurations: as far as the asker may read them. */
export function commitRpcs({ log, datastores, view }: CommitRpcsParts): Handlers {
  const find = async (version: number): Promise<Result<ConfigurationDocument, { readonly error: RpcError }>> => {
    const found = await log.version(version);
    return found === undefined ? failed({ error: unknownVersion(version) }) : ok(found);
  };
  const contentOf = async (name: Name): Promise<Result<string, { readonly error: RpcError }>> => {
    if (name === 'running') return ok(datastores.running.read().xml);
    if (name === 'candidate') return ok((datastores.candidate ?? datastores.running).read().xml);
    const found = await find(name);
    return found.ok ? ok(found.value.content) : found;
  };
  const nodesOf = async (
    name: Name,
    { identity }: Session,
  ): Promise<Result<readonly XmlElement[], { readonly error: RpcError }>> => {
    const content = await contentOf(name);
    if (!content.ok) return content;
    const read = view.read(content.value, identity);
    return read.ok ? ok(read.value.nodes) : failed({ error: unreadable(name, read.failure) });
  };

  return {
    ...handler('sublane-headend:list-commits', async (page) => {
      const { items, next } = await log.history(pageOf(page));
      const newest = await log.latest();
      return ok({
        commit: items.map((one) => factsOf(one, newest)),
        ...(next !== undefined && { 'next-cursor': next }),
      });
    }),
    ...handler('sublane-headend:get-commit', async ({ version }, { identity }) => {
      const found = await find(version);
      if (!found.ok) return found;
      const read = view.read(found.value.content, identity);
      if (!read.ok) return failed({ error: unreadable(version, read.failure) });
      const { nodes, whole } = read.value;
      return ok({
        ...factsOf(found.value, await log.latest()),
        content: nodes.map(writeXml).join(''),
        ...(!whole && { partial: [null] as const }),
      });
    }),
    ...handler('sublane-headend:compare-configurations', async ({ from = 'running', to = 'candidate' }, session) => {
      const before = await nodesOf(from, session);
      if (!before.ok) return before;
      const after = await nodesOf(to, session);
      if (!after.ok) return after;
      return ok({ change: view.compare(before.value, after.value) });
    }),
  };
}

function factsOf(
  { version, at, actor, purpose, revertTo }: Omit<ConfigurationDocument, 'content'>,
  newest: ConfigurationDocument | undefined,
) {
  // Only of the newest does it still mean something.
  const waits = revertTo !== undefined && version === newest?.version;
  return {
    version,
    'committed-at': dateAndTime(at),
    'committed-by': actor,
    purpose,
    ...(waits && { waits: [null] as const }),
  };
}

function unknownVersion(version: number): RpcError {
  return rpcError.invalidValue('application', {
    appTag: 'version-unknown',
    message: `there is no version ${version} of the configuration. See: headend config history`,
  });
}

function unreadable(name: Name, errors: readonly RpcError[]): RpcError {
  return rpcError.operationFailed('application', {
    appTag: 'version-unreadable',
    message: `the configuration ${name} cannot be read by the present schema: ${errors.map(({ message }) => message).join('; ')}`,
  });
}
