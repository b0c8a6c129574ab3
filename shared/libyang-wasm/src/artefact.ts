import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ARTEFACT_VARIABLE, cachedArtefact, PACKAGED } from '../build/artefact.mjs';

/**
 * libyang as WebAssembly: from `given` (a path or the bytes themselves), the file that SUBLANE_LIBYANG_WASM names, the
 * file beside the package (releases have it), or the cache of the build, in this order.
 * Throws when there is none: an installation without it is broken.
 */
export function readArtefact(given?: string | Uint8Array): Uint8Array {
  if (given !== undefined && typeof given !== 'string') return given;
  const named = given ?? process.env[ARTEFACT_VARIABLE];
  if (named) {
    if (!existsSync(named)) {
      throw new Error(
        `libyang-wasm: ${given === undefined ? `${ARTEFACT_VARIABLE} names ` : ''}${named}: no such file.`,
      );
    }
    return readFileSync(named);
  }
  const cached = cachedArtefact();
  const found = [PACKAGED, cached].find((path) => existsSync(path));
  if (found === undefined) {
    const build = fileURLToPath(new URL('../build/build.mjs', import.meta.url));
    throw new Error(
      `libyang-wasm: libyang.wasm is not built (looked for ${cached}). Build it, once: node ${build}\n` +
        `Or set ${ARTEFACT_VARIABLE} to a libyang.wasm that was built elsewhere.`,
    );
  }
  return readFileSync(found);
}
