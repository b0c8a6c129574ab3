import { failed, ok, type Result } from '@sublane/basics';
import { type DatastoreFailure, type DatastoreOptions, openDatastore } from './datastore.ts';
import type { DatastoreEvent, Datastores } from './datastores.ts';
import { LockTable } from './locks.ts';

/** Opens the datastores over what `persistence` holds. */
export async function openDatastores(options: DatastoreOptions): Promise<Result<Datastores, DatastoreFailure>> {
  const listeners = new Set<(event: DatastoreEvent) => void>();
  const tell = (event: DatastoreEvent) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        options.log.error({ err: error }, 'a listener of datastore events failed');
      }
    }
  };
  const herald = {
    name: 'herald',
    confirm: (commit: DatastoreCommit) => tell({ kind: 'changed', datastore: 'running', commit }),
  };
  const running = await openDatastore({ ...options, participants: [...(options.participants ?? []), herald] });
  if (!running.ok) return failed(running.failure);
  const locks = new LockTable(() => tell({ kind: 'locks' }));
  return ok({
    running: running.value,
    locks,
    watch(told) {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    sessionEnded: (session) => locks.releaseAll(session),
  });
}

type DatastoreCommit = Extract<DatastoreEvent, { kind: 'changed' }>['commit'];
