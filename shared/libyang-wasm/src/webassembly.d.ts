// What is used of WebAssembly's JavaScript interface: TypeScript has it only among the types of browsers.
declare namespace WebAssembly {
  type ImportValue = ((...args: number[]) => number) | Memory;
  type ModuleImports = Record<string, ImportValue>;

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, ModuleImports>);
    readonly exports: Record<string, unknown>;
  }
  class RuntimeError extends Error {}
}
