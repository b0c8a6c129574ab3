import { type RpcError, rpcError } from '@sublane/netconf';
import type { ConfigurationFault } from './configuration-fault.ts';

const NAMESPACE = 'urn:sublane:params:xml:ns:yang:sublane-headend';

/** One `<rpc-error>` for each fault: invalid-value, with the node to blame. */
export function faultErrors(faults: readonly ConfigurationFault[]): RpcError[] {
  return faults.map(({ path, code, message }) =>
    rpcError.invalidValue('application', { appTag: code, message, path: errorPath(path) }),
  );
}

/** `pool[name='calls']/prefix` below `/headend`, as an XPath with this module's prefix on every name. */
export function errorPath(path: string) {
  const xpath = path
    .split('/')
    .map((step) => `/slh:${step.replace(/\[([a-z-]+)=/g, '[slh:$1=')}`)
    .join('');
  return { xpath: `/slh:headend${xpath}`, namespaces: { slh: NAMESPACE } };
}
