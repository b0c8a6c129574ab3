/* One wasm instance is one thread: the locks libyang takes have nothing to guard, and a thread's own value is a plain
 * value. wasi-libc for single threads has no pthread.h. */
#ifndef LYW_PTHREAD_H
#define LYW_PTHREAD_H

#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

/* wasi-libc has the types, of which a key is too small to be a place for the value. */
struct lyw_thread_value {
    const void *value;
};
#define pthread_key_t struct lyw_thread_value *

#define PTHREAD_MUTEX_INITIALIZER {{{0}}}

static inline int pthread_mutex_init(pthread_mutex_t *mutex, const void *attributes) { (void)mutex; (void)attributes; return 0; }
static inline int pthread_mutex_destroy(pthread_mutex_t *mutex) { (void)mutex; return 0; }
static inline int pthread_mutex_lock(pthread_mutex_t *mutex) { (void)mutex; return 0; }
static inline int pthread_mutex_trylock(pthread_mutex_t *mutex) { (void)mutex; return 0; }
static inline int pthread_mutex_unlock(pthread_mutex_t *mutex) { (void)mutex; return 0; }
static inline int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until) { (void)mutex; (void)until; return 0; }

/* The destructor runs when a thread ends, and this one never does: libyang frees the value itself. */
static inline int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    (void)destructor;
    *key = calloc(1, sizeof **key);
    return *key ? 0 : 12;
}
static inline int pthread_key_delete(pthread_key_t key) { free(key); return 0; }
static inline void *pthread_getspecific(pthread_key_t key) { return (void *)key->value; }
static inline int pthread_setspecific(pthread_key_t key, const void *value) { key->value = value; return 0; }

#endif
