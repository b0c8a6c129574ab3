/** Something is wrong that YANG cannot say. */
export interface ConfigurationFault {
  /** Of the node to blame below `/headend`: `pool[name='calls']/prefix`. Every name is of module sublane-headend. */
  readonly path: string;
  /** Stable, for error-app-tag. */
  readonly code: string;
  readonly message: string;
}

/** The path of a list entry below `/headend`. Names hold no quotes (type `name`). */
export function listPath(list: 'location' | 'pool' | 'plan' | 'security-profile', name: string): string {
  return `${list}[name='${name}']`;
}
