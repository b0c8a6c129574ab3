import manifest from '../package.json' with { type: 'json' };

/** Of the package, for `--version` and the status. */
export const VERSION = manifest.version;
