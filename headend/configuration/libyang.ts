import { failed, ok, type Result } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';

/** libyang, or a sentence on how to bring it: it is built once at set-up. */
export function loadLibyang(): Result<Libyang, string> {
  try {
    return ok(Libyang.load());
  } catch (error) {
    return failed((error as Error).message);
  }
}
