import type { Result } from '@sublane/basics';
import type { RpcError, XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';

/** What a reader asks for of some data. Immutable; may be used as often as wanted. */
export interface DataFilter {
  /**
   * What of `data` (top-level nodes; only what the reader may read) is selected, each with its ancestors and their keys.
   * `whole` shapes each node that is selected with all below it. Refuses an expression that would take too long.
   */
  select(data: readonly XmlElement[], whole?: Shape): Result<readonly XmlElement[], RpcError>;
  /**
   * The nodes of a subtree filter that speak of one top-level data node, at least: none where nothing of it is asked for;
   * undefined where all of it may be.
   */
  ofRoot(root: { readonly namespace: string; readonly name: string }): readonly XmlElement[] | undefined;
}

export type Shape = (element: XmlElement, node: SchemaNode | undefined) => XmlElement;
