/* libyang's config.h, which its CMake makes from src/config.h.in, for wasm32. */
#ifndef LY_CONFIG_H_
#define LY_CONFIG_H_

#define LYD_VALUE_FIXED_MEM_SIZE 24
#define LYPLG_SUFFIX ".so"
#define LYPLG_SUFFIX_LEN (sizeof LYPLG_SUFFIX - 1)
#define LYPLG_TYPE_DIR ""
#define LYPLG_EXT_DIR ""
#define LY_ATOMIC_INC_BARRIER(var) ((var)++)
#define LY_ATOMIC_DEC_BARRIER(var) ((var)--)
#define _FORMAT_PRINTF(FORM, ARGS) __attribute__((format(printf, FORM, ARGS)))
#define LIBYANG_API_DEF
#define LIBYANG_API_DECL

#endif
