import { ok } from '@sublane/basics';
import koffi from 'koffi';
import { PROTOCOL, withNetlink } from './netlink/netlink-socket.ts';
import { runTool, type ToolRun } from './tool.ts';

/**
 * Runs nft commands, one transaction: in this process by nft's own library (libnftables(3)), by the program where that
 * cannot be loaded (`library` null). Answers are JSON where `json` says so.
 */
export async function runNft(
  commands: string,
  { json = false, library = loadNftLibrary() }: { json?: boolean; library?: NftLibrary | null } = {},
): Promise<ToolRun> {
  if (library !== null) return library(commands, json);
  // With --json, what the program reads is to be JSON too; its arguments are not.
  return json ? runTool('nft', ['--json', commands]) : runTool('nft', ['-f', '-'], `${commands}\n`);
}

type NftLibrary = (commands: string, json: boolean) => ToolRun;
let library: NftLibrary | null | undefined;

/** Null where there is none, or where the kernel has no netfilter. */
export function loadNftLibrary(): NftLibrary | null {
  if (library === undefined) library = open();
  return library;
}

/** Whether a socket can be had: where the library gets none, it ends the process. */
const reachable = () => withNetlink(PROTOCOL.netfilter, () => ok());

function open(): NftLibrary | null {
  if (!reachable().ok) return null;
  let nft: ReturnType<typeof bind>;
  try {
    nft = bind();
  } catch {
    return null;
  }
  return (commands, json) => {
    const reached = reachable();
    if (!reached.ok) return { status: 1, stdout: '', stderr: `Error: ${reached.failure.message}` };
    // A context of its own each time: it belongs to the network namespace it was made in, and costs 20 µs.
    const context = nft.make(0);
    try {
      nft.keepOutput(context);
      nft.keepErrors(context);
      if (json) nft.setOutput(context, JSON_OUTPUT);
      const status = nft.run(context, commands) === 0 ? 0 : 1;
      return { status, stdout: nft.output(context), stderr: nft.errors(context) };
    } finally {
      nft.free(context);
    }
  };
}

/** NFT_CTX_OUTPUT_JSON. */
const JSON_OUTPUT = 1 << 4;

function bind() {
  const shared = koffi.load('libnftables.so.1');
  return {
    make: shared.func('void *nft_ctx_new(uint32_t flags)') as (flags: number) => unknown,
    free: shared.func('void nft_ctx_free(void *context)') as (context: unknown) => void,
    keepOutput: shared.func('int nft_ctx_buffer_output(void *context)') as (context: unknown) => number,
    keepErrors: shared.func('int nft_ctx_buffer_error(void *context)') as (context: unknown) => number,
    setOutput: shared.func('void nft_ctx_output_set_flags(void *context, unsigned int flags)') as (
      context: unknown,
      flags: number,
    ) => void,
    run: shared.func('int nft_run_cmd_from_buffer(void *context, const char *commands)') as (
      context: unknown,
      commands: string,
    ) => number,
    output: shared.func('const char *nft_ctx_get_output_buffer(void *context)') as (context: unknown) => string,
    errors: shared.func('const char *nft_ctx_get_error_buffer(void *context)') as (context: unknown) => string,
  };
}
