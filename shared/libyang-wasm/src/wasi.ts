// The few calls of WASI (preview 1) that libyang's C library is linked with. Nothing of the outside is there: no files,
// no environment. What libyang writes to stderr would be a bug's last words; it is kept for the failure's message.

const EBADF = 8;
const ENOENT = 44;
const ENOSYS = 52;
const SUCCESS = 0;

/** A program that ends itself: abort() in the C library. */
export class WasmExit extends Error {}

export function wasiImports(memory: WebAssembly.Memory, onStderr: (text: string) => void): WebAssembly.ModuleImports {
  return {
    fd_close: () => EBADF,
    fd_fdstat_get: () => EBADF,
    fd_filestat_get: () => EBADF,
    fd_prestat_get: () => EBADF,
    fd_prestat_dir_name: () => EBADF,
    fd_read: () => EBADF,
    fd_readdir: () => EBADF,
    fd_seek: () => EBADF,
    fd_sync: () => EBADF,
    path_filestat_get: () => ENOENT,
    path_open: () => ENOENT,
    path_readlink: () => ENOENT,
    clock_time_get: () => ENOSYS,
    proc_exit: (code: number) => {
      throw new WasmExit(`exit ${code}`);
    },
    fd_write: (_descriptor: number, vectors: number, count: number, written: number) => {
      const view = new DataView(memory.buffer);
      let total = 0;
      for (let at = 0; at < count; at++) {
        const start = view.getUint32(vectors + 8 * at, true);
        const length = view.getUint32(vectors + 8 * at + 4, true);
        onStderr(Buffer.from(memory.buffer, start, length).toString());
        total += length;
      }
      view.setUint32(written, total, true);
      return SUCCESS;
    },
  };
}
