import type { Kernel } from '../lanes/kernel.ts';

/** The same kernel as if it lacked some capabilities. */
export function lacking(kernel: Kernel, names: readonly string[]): Kernel {
  return new Proxy(kernel, {
    get: (target, name) => {
      if (name === 'capabilities')
        return async () =>
          (await target.capabilities()).map((one) => (names.includes(one.name) ? { ...one, present: false } : one));
      return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
    },
  });
}

/** Kernels that ask for capabilities once for all of them. */
export function knowing(): (kernel: Kernel) => Kernel {
  let known: ReturnType<Kernel['capabilities']> | undefined;
  return (kernel) =>
    new Proxy(kernel, {
      get: (target, name) => {
        if (name === 'capabilities')
          return () => {
            known ??= target.capabilities();
            return known;
          };
        return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
      },
    });
}
