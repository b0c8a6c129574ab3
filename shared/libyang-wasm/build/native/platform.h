/* Included before every file of libyang: what it expects of the operating system and wasi-libc does not have. */
#ifndef LYW_PLATFORM_H
#define LYW_PLATFORM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Dates are printed in UTC wherever the host stands, so that a canonical value is the same on every machine. */
#define localtime_r gmtime_r
#define tzset() ((void)0)
#undef timezone
#define timezone 0L

/* There are no files: modules come from memory. */
static inline char *lyw_realpath(const char *path, char *resolved) { (void)path; (void)resolved; return NULL; }
#define realpath lyw_realpath
static inline int lyw_dup(int descriptor) { (void)descriptor; return -1; }
#define dup lyw_dup

/* Printing and errors go through vasprintf; see format.c for why it has its own. */
#include "format.h"
#define vasprintf lyw_vasprintf

#endif
