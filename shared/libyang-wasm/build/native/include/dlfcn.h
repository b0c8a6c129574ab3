/* There are no shared objects: libyang's plugins are linked in, and none is loaded. */
#ifndef LYW_DLFCN_H
#define LYW_DLFCN_H

#include <stddef.h>

#define RTLD_NOW 0

static inline void *dlopen(const char *path, int mode) { (void)path; (void)mode; return NULL; }
static inline void *dlsym(void *handle, const char *name) { (void)handle; (void)name; return NULL; }
static inline char *dlerror(void) { return NULL; }
static inline int dlclose(void *handle) { (void)handle; return 0; }

#endif
