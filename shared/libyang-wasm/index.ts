export type { Context, Operation, ReadNotification, ReadRpc } from './src/context.ts';
export type { DataTree, NodeView } from './src/data-tree.ts';
export type { ErrorCode, ErrorReason, LibyangFailure, YangError } from './src/failure.ts';
export { Libyang, type LoadOptions } from './src/libyang.ts';
export type { MachineLimits } from './src/machine.ts';
export type { DiffOptions, Format, ParseOptions, PrintOptions, ReadOptions, ValidateOptions } from './src/options.ts';
export type { ContextRecipe, ImplementedModule, ModuleSource } from './src/recipe.ts';
export type * from './src/schema.ts';
