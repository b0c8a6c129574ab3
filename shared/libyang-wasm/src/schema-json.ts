import { ok, type Result } from '@sublane/basics';
import type { LibyangFailure } from './failure.ts';
import type { LiveContext } from './live-context.ts';
import type { IdentityName, SchemaModule } from './schema.ts';

export function readSchema({ machine, address }: LiveContext): Result<readonly SchemaModule[], LibyangFailure> {
  return machine.guard(() => {
    const code = machine.wasm.lyw_schema(address);
    if (code !== 0) return machine.failure(code, address);
    return ok(JSON.parse(machine.text(), onceEach) as SchemaModule[]);
  });
}

/** An identity that is derived in two ways comes twice. */
function onceEach(member: string, value: unknown): unknown {
  if (member !== 'identities' || !Array.isArray(value)) return value;
  const seen = new Set<string>();
  return value.filter(({ module, name }: IdentityName) => {
    const key = `${module}:${name}`;
    return !seen.has(key) && seen.add(key);
  });
}
