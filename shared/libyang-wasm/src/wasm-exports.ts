/** What the wrapper (build/native) exports. Addresses are numbers; a returned one is signed and needs `>>> 0`. */
export interface WasmExports {
  _initialize(): void;
  lyw_result(): number;
  lyw_input(size: number): number;
  lyw_trap(): void;

  lyw_context_new(options: number): number;
  lyw_context_free(context: number): void;
  lyw_context_add(context: number, name: number, revision: number, text: number, yin: number): number;
  lyw_context_implement(context: number, name: number, revision: number, features: number): number;
  lyw_context_compile(context: number): number;
  lyw_module_text(context: number, name: number, revision: number): number;
  lyw_schema(context: number): number;
  lyw_canonical(context: number, path: number, value: number): number;
  lyw_matches(context: number, pattern: number, text: number): number;
  lyw_yang_library(context: number, contentId: number): number;
  lyw_errors(context: number): number;

  lyw_tree_parse(context: number, text: number, format: number, parseOptions: number, validateOptions: number): number;
  lyw_tree_free(tree: number): void;
  lyw_tree_duplicate(context: number, tree: number): number;
  lyw_tree_validate(context: number, tree: number, options: number): number;
  lyw_tree_defaults(context: number, tree: number, options: number): number;
  lyw_tree_diff(context: number, from: number, to: number, options: number): number;
  lyw_tree_apply(context: number, tree: number, diff: number): number;
  lyw_tree_merge(context: number, tree: number, source: number): number;
  lyw_tree_print(context: number, tree: number, format: number, options: number): number;
  lyw_tree_find(context: number, tree: number, xpath: number): number;

  lyw_read(context: number, type: number, text: number, others: number, printOptions: number): number;
  lyw_read_reply(
    context: number,
    module: number,
    name: number,
    text: number,
    others: number,
    printOptions: number,
  ): number;
  lyw_operation_parse(
    context: number,
    type: number,
    module: number,
    name: number,
    text: number,
    format: number,
    others: number,
  ): number;
}
