/** Name of the environment variable that takes a ready artefact from elsewhere. */
export const ARTEFACT_VARIABLE: string;
/** Where a release has the artefact. */
export const PACKAGED: string;
export function cacheFolder(environment?: Readonly<Record<string, string | undefined>>): string;
/** A hash over what the artefact is made from. */
export function recipeKey(): string;
/** Where the build puts it. */
export function cachedArtefact(environment?: Readonly<Record<string, string | undefined>>): string;
