import { rpcError } from '@sublane/netconf';
import { OK, refused } from '../rpc-table.ts';
import { NO_DATASTORES, readEndpoint } from './endpoint.ts';
import type { Operation } from './operation.ts';
import { readParameters } from './parameters.ts';

/** RFC 6241 §7.4. What it may take is the operation's own right (RFC 8341 §3.2.7): no nodes are asked for. */
export const deleteConfig: Operation = async ({ operation, session }, { datastores }) => {
  if (datastores === undefined) return refused(NO_DATASTORES);
  const parameters = readParameters(operation, ['target']);
  if (!parameters.ok) return refused(parameters.failure);
  const target = readEndpoint(parameters.value.target, 'target', ['datastore', 'url'], datastores);
  if (!target.ok) return refused(target.failure);
  if (target.value.kind === 'url') {
    const done = await target.value.scheme.delete(target.value.url);
    return done.ok ? OK : refused(done.failure);
  }
  if (target.value.name !== 'startup' || datastores.startup === undefined) {
    // "The <running> configuration datastore cannot be deleted."
    const message = `${target.value.name} cannot be deleted`;
    return refused(rpcError.operationNotSupported('protocol', { message }));
  }
  const done = await datastores.startup.delete({ session });
  return done.ok ? OK : refused(...done.failure);
};
