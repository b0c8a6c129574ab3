/** Something is wrong that YANG cannot say. */
export interface ConfigurationFault {
  /** Of the node to blame below `/headend`: `pool[name='calls']/prefix`. Every name is of module sublane-headend. */
  readonly path: string;
  /** Stable, for error-app-tag. */
  readonly code: string;
  readonly message: string;
}

export type ConfigurationList =
  | 'location'
  | 'pool'
  | 'plan'
  | 'security-profile'
  | 'class'
  | 'rule'
  | 'radius'
  | 'mapping';

/** The step to an entry of a list, `pool[name='calls']`. Names hold no quotes (type `name`). */
export function listPath(list: ConfigurationList, name: string): string {
  return `${list}[name='${name}']`;
}
