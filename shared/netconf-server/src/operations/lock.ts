import { ok } from '@sublane/basics';
import type { XmlElement } from '@sublane/netconf';
import type { Datastores } from '../datastores.ts';
import { nmdaEndpoint } from '../nmda/datastore-names.ts';
import { OK, refused } from '../rpc-table.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { NO_DATASTORES, readEndpoint } from './endpoint.ts';
import type { Operation } from './operation.ts';
import { readParameters } from './parameters.ts';

/** RFC 6241 §7.5. */
export const lock: Operation = async ({ operation, session }, { datastores, schema }) => {
  if (datastores === undefined) return refused(NO_DATASTORES);
  const target = readTarget(operation, datastores, schema);
  if (!target.ok) return refused(target.failure);
  const taken = await datastores.locks.take(target.value, session);
  return taken.ok ? OK : refused(taken.failure);
};

/** RFC 6241 §7.6. */
export const unlock: Operation = async ({ operation, session }, { datastores, schema }) => {
  if (datastores === undefined) return refused(NO_DATASTORES);
  const target = readTarget(operation, datastores, schema);
  if (!target.ok) return refused(target.failure);
  const released = await datastores.locks.release(target.value, session);
  return released.ok ? OK : refused(released.failure);
};

function readTarget(operation: XmlElement, datastores: Datastores, schema: SchemaIndex) {
  const parameters = readParameters(operation, ['target']);
  if (!parameters.ok) return parameters;
  const target =
    nmdaEndpoint(parameters.value.target, 'lockable', datastores, schema) ??
    readEndpoint(parameters.value.target, 'target', ['datastore'], datastores);
  return target.ok ? ok(target.value.name) : target;
}
