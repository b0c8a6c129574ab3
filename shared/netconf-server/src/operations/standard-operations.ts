import { BASE_NAMESPACE, MONITORING_NAMESPACE } from '@sublane/netconf';
import { editConfig } from './edit-config.ts';
import { get, getConfig } from './get.ts';
import { getSchema } from './get-schema.ts';
import type { Operation } from './operation.ts';
import { closeSession, killSession } from './session-operations.ts';

export interface StandardOperation {
  readonly module: string;
  readonly namespace: string;
  readonly name: string;
  readonly operation: Operation;
}

const base = (name: string, operation: Operation): StandardOperation => ({
  module: 'ietf-netconf',
  namespace: BASE_NAMESPACE,
  name,
  operation,
});

/** The operations of the standards that the server has itself. */
export const STANDARD_OPERATIONS: readonly StandardOperation[] = [
  base('get', get),
  base('get-config', getConfig),
  base('edit-config', editConfig),
  base('close-session', closeSession),
  base('kill-session', killSession),
  { module: 'ietf-netconf-monitoring', namespace: MONITORING_NAMESPACE, name: 'get-schema', operation: getSchema },
];
