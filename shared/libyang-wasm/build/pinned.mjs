// What is compiled: Debian's sources of libyang and of the regular expressions it needs, by content.

/** Where Debian keeps them: any mirror has this release. */
export const RELEASE = 'bookworm';

export const SOURCES = [
  {
    name: 'libyang',
    package: 'libyang2=2.1.30-2',
    file: 'libyang2_2.1.30.orig.tar.gz',
    sha256: '761cfd959342b147f6a43a84c931c7fde68dd3a1ad540a0e5302288b204f073d',
  },
  {
    name: 'pcre2',
    package: 'pcre2=10.42-1',
    file: 'pcre2_10.42.orig.tar.gz',
    sha256: 'c33b418e3b936ee3153de2c61cc638e7e4fe3156022a5c77d0711bcbb9d64f1f',
  },
];

/** Debian packages of the tool chain, with a file that shows that each is there. */
export const TOOLS = [
  { name: 'clang-14', file: '/usr/bin/clang-14', why: 'the compiler' },
  { name: 'lld-14', file: '/usr/bin/wasm-ld-14', why: 'the linker for WebAssembly' },
  { name: 'wasi-libc', file: '/usr/lib/wasm32-wasi/libc.a', why: 'the C library for WebAssembly' },
  {
    name: 'libclang-rt-14-dev-wasm32',
    file: '/usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi/libclang_rt.builtins-wasm32.a',
    why: "the compiler's own routines for WebAssembly",
  },
];
