// How libyang, PCRE2 and the wrapper become one WebAssembly file. No path of this machine and no date gets into it: the
// same compiler makes the same bytes everywhere.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inParallel, run } from './command.mjs';

const CLANG = 'clang-14';
const native = fileURLToPath(new URL('native', import.meta.url));

const STACK = 1 << 20;

const PCRE2_FILES = [
  ...['auto_possess', 'compile', 'config', 'context', 'convert', 'dfa_match', 'error', 'extuni', 'find_bracket'],
  ...['jit_compile', 'maketables', 'match', 'match_data', 'newline', 'ord2utf', 'pattern_info', 'script_run'],
  ...['serialize', 'string_utils', 'study', 'substitute', 'substring', 'tables', 'ucd', 'valid_utf', 'xclass'],
];

// Patterns of a schema meet values of a peer: the limits of matching are low enough to end a hostile one in time.
const PCRE2_DEFINES = {
  HAVE_MEMMOVE: 1,
  HAVE_STRERROR: 1,
  HEAP_LIMIT: 20_000,
  LINK_SIZE: 2,
  MATCH_LIMIT: 1_000_000,
  MATCH_LIMIT_DEPTH: 'MATCH_LIMIT',
  MAX_NAME_COUNT: 10_000,
  MAX_NAME_SIZE: 32,
  MAX_VARLOOKBEHIND: 255,
  NEWLINE_DEFAULT: 2,
  PARENS_NEST_LIMIT: 250,
  PCRE2_CODE_UNIT_WIDTH: 8,
  PCRE2_STATIC: 1,
  SUPPORT_UNICODE: 1,
};

// What wasi-libc has of that which libyang would otherwise bring itself.
const LIBC_HAS = [
  ...['VDPRINTF', 'ASPRINTF', 'VASPRINTF', 'GETLINE', 'STRNDUP', 'STRDUPA', 'STRCHRNUL', 'PTHREAD_MUTEX_TIMEDLOCK'],
  ...['TM_GMTOFF', 'TIME_H_TIMEZONE', 'REALPATH', 'LOCALTIME_R', 'GMTIME_R', 'DIRNAME', 'STRCASECMP', 'SETENV'],
];

// Calls of libyang that compile to calls of native/shortcuts.c, and in which of its files.
const SHORTCUTS = [
  { from: 'ly_print_', to: 'lyw_print_', files: /^src\/printer_/ },
  { from: 'ly_write_', to: 'lyw_write_', files: /^src\/printer_/ },
  { from: 'ly_ctx_get_module_implemented_ns', to: 'lyw_module_of_namespace', files: /^src\/parser_xml\.c$/ },
  { from: 'plugins_node_instanceid', to: 'lyw_no_type_plugins', files: /^src\/plugins\.c$/ },
  { from: 'lyxp_expr_parse', to: 'lyw_expr_parse', files: /^src\/plugins_types\/xpath1\.0\.c$/ },
];

/**
 * Compiles into `work` and gives the path of the result.
 * @param {{ libyang: string, pcre2: string }} sources
 * @param {(line: string) => void} report
 */
export async function compile(sources, work, report) {
  const made = generateHeaders(sources, work);
  const common = [
    '--target=wasm32-wasi',
    // Headers of this machine's own C library are not for wasm.
    '-nostdlibinc',
    '-isystem',
    '/usr/include/wasm32-wasi',
    '-O3',
    '-flto',
    '-msign-ext',
    '-mnontrapping-fptoint',
    '-g0',
    '-DNDEBUG',
    '-ffunction-sections',
    '-fdata-sections',
    `-ffile-prefix-map=${work}=.`,
    `-ffile-prefix-map=${native}=native`,
  ];
  const pcre2 = [
    ...common,
    ...Object.entries(PCRE2_DEFINES).map(([name, value]) => `-D${name}=${value}`),
    `-I${made}/pcre2`,
    `-I${sources.pcre2}/src`,
  ];
  const libyang = [
    ...common,
    '-std=gnu11',
    '-D_GNU_SOURCE',
    '-D_WASI_EMULATED_MMAN',
    '-DSTATIC',
    '-D__WORDSIZE=32',
    `-I${native}/include`,
    '-include',
    `${native}/platform.h`,
    `-I${native}`,
    `-I${made}/compat`,
    `-I${sources.libyang}/src`,
    `-I${sources.libyang}/src/plugins_exts`,
    `-I${made}/pcre2`,
    '-Wno-macro-redefined',
  ];
  const wrapper = [
    ...common,
    '-std=gnu11',
    '-D_GNU_SOURCE',
    `-I${native}/include`,
    `-I${native}`,
    `-I${made}`,
    `-I${made}/compat`,
    `-I${made}/pcre2`,
    `-I${sources.libyang}/src`,
    '-Wall',
    '-Wextra',
    '-Werror',
  ];

  const units = [
    ...readdirSync(native)
      .filter((name) => name.endsWith('.c'))
      .map((name) => unit(`${native}/${name}`, wrapper)),
    ...PCRE2_FILES.map((name) => unit(`${sources.pcre2}/src/pcre2_${name}.c`, pcre2)),
    unit(`${made}/pcre2/pcre2_chartables.c`, pcre2),
    ...librarySources(sources.libyang).map((path) =>
      unit(`${sources.libyang}/${path}`, [...libyang, ...shortcuts(path)]),
    ),
  ];
  const objects = join(work, 'objects');
  mkdirSync(objects, { recursive: true });
  let done = 0;
  await inParallel(
    units.map((each, number) => [number, each]),
    availableParallelism(),
    async ([number, { path, flags }]) => {
      await run(CLANG, [...flags, '-c', path, '-o', objectOf(objects, number)], { what: `compiling ${path}` });
      done += 1;
      if (done % 10 === 0) report(`compiled ${done} of ${units.length} files`);
    },
  );
  report('optimises and links them, which takes as long again');
  return link(
    units.map((_, number) => objectOf(objects, number)),
    join(work, 'libyang.wasm'),
  );
}

const shortcuts = (path) => SHORTCUTS.filter(({ files }) => files.test(path)).map(({ from, to }) => `-D${from}=${to}`);
const unit = (path, flags) => ({ path, flags });
const objectOf = (folder, number) => join(folder, `${String(number).padStart(3, '0')}.o`);

/** A library without main (a reactor) with its memory given from outside, so that its owner sets the limit. */
async function link(objects, result) {
  await run(CLANG, [
    '--target=wasm32-wasi',
    '-mexec-model=reactor',
    '-flto',
    // Not -O3: it would make clang run wasm-opt over the result on machines that happen to have one.
    '-Wl,--lto-O3',
    '-Wl,-O2',
    ...objects,
    '-lc-printscan-long-double',
    '-Wl,--import-memory',
    '-Wl,--initial-memory=4194304',
    '-Wl,--max-memory=4294967296',
    `-Wl,-z,stack-size=${STACK}`,
    // Below the stack is the end of memory: running over it traps instead of writing over data.
    '-Wl,--stack-first',
    '-Wl,--gc-sections',
    '-Wl,--strip-all',
    '-o',
    result,
  ]);
  return result;
}

/** Headers that the sources' own build systems would make. */
function generateHeaders({ libyang, pcre2 }, work) {
  const made = join(work, 'generated');
  for (const folder of ['compat', 'libyang', 'pcre2']) mkdirSync(join(made, folder), { recursive: true });
  const template = readFileSync(join(libyang, 'compat/compat.h.in'), 'utf8');
  writeFileSync(
    join(made, 'compat/compat.h'),
    template.replace(/^#cmakedefine (?:HAVE_)?(\w+)$/gm, (_, name) =>
      LIBC_HAS.includes(name) ? `#define HAVE_${name}` : '',
    ),
  );
  for (const folder of ['src', 'src/plugins_exts']) {
    for (const name of readdirSync(join(libyang, folder)).filter((name) => name.endsWith('.h'))) {
      copyFileSync(join(libyang, folder, name), join(made, 'libyang', name));
    }
  }
  for (const name of ['config.h', 'version.h']) copyFileSync(join(native, name), join(made, 'libyang', name));
  copyFileSync(join(pcre2, 'src/config.h.generic'), join(made, 'pcre2/config.h'));
  copyFileSync(join(pcre2, 'src/pcre2.h.generic'), join(made, 'pcre2/pcre2.h'));
  copyFileSync(join(pcre2, 'src/pcre2_chartables.c.dist'), join(made, 'pcre2/pcre2_chartables.c'));
  return made;
}

/** The files that libyang's CMakeLists.txt compiles into the library. */
function librarySources(libyang) {
  const lists = readFileSync(join(libyang, 'CMakeLists.txt'), 'utf8').match(/^set\((?:type_plugins|libsrc)$[^)]*\)/gm);
  const files = lists.flatMap((list) => list.match(/src\/[\w./-]+\.c/g));
  return [...new Set(files), 'compat/compat.c', 'compat/strptime.c'].sort();
}
