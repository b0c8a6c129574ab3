import type { RpcOutput } from '@sublane/yang';
import type { CallHome } from 'netconf-server';

type Entry = NonNullable<RpcOutput<'sublane-headend:get-status'>['call-home']>[number];

/** A management system that is called, as `get-status` shows it; nothing for one that is called no more. */
export function callHomeEntry({ name, state }: Pick<CallHome, 'name' | 'state'>): Entry[] {
  switch (state.kind) {
    case 'dialling':
    case 'greeting':
    case 'connected':
      return [{ name, state: state.kind, address: state.to }];
    case 'waiting':
      return [{ name, state: state.kind, reason: state.reason }];
    case 'resting':
      return [{ name, state: state.kind }];
    case 'stopped':
      return [];
  }
}
