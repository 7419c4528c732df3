/* tests/integration/_failing.c: a preloaded library with which a disk fails while a file is there.
 *
 * HERALD_FAILING names it. Its size says how: 0: writes find no space; 1: syncs fail; 2: every other write is cut short, the
 * next one finds no space. It is about the store's files, names that end in ".db" or ".db-wal".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILES 4096

static unsigned char is_store[MOST_FILES]; /* by descriptor */
static const char *flag;
static unsigned long writes;

static int (*next_open)(const char *, int, ...);
static int (*next_close)(int);
static ssize_t (*next_pwrite)(int, const void *, size_t, off_t);
static int (*next_fdatasync)(int);
static int (*next_fsync)(int);

__attribute__((constructor)) static void find_next(void) {
    next_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    next_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
    next_pwrite = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    next_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    next_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    flag = getenv("HERALD_FAILING");
}

static int ends_with(const char *path, const char *end) {
    size_t length = strlen(path), wanted = strlen(end);
    return length > wanted && strcmp(path + length - wanted, end) == 0;
}

/* -1: not now. */
static int mode_for(int descriptor) {
    struct stat facts;
    if (descriptor < 0 || descriptor >= MOST_FILES || !is_store[descriptor] || flag == NULL) return -1;
    return stat(flag, &facts) == 0 ? (int)facts.st_size : -1;
}

static int opened(const char *path, int flags, mode_t mode) {
    int descriptor = next_open(path, flags, mode);
    if (descriptor >= 0 && descriptor < MOST_FILES) is_store[descriptor] = ends_with(path, ".db") || ends_with(path, ".db-wal");
    return descriptor;
}

#define MODE(flags, mode)                         \
    mode_t mode = 0;                              \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
        va_list more;                             \
        va_start(more, flags);                    \
        mode = va_arg(more, mode_t);              \
        va_end(more);                             \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return opened(path, flags, mode);
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MOST_FILES) is_store[descriptor] = 0;
    return next_close(descriptor);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off_t offset) {
    int mode = mode_for(descriptor);
    if (mode == 2 && ++writes % 2 == 1) return next_pwrite(descriptor, data, length / 2, offset);
    if (mode == 0 || mode == 2) {
        errno = ENOSPC;
        return -1;
    }
    return next_pwrite(descriptor, data, length, offset);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
    return pwrite64(descriptor, data, length, offset);
}

static int synced(int descriptor, int (*next)(int)) {
    if (mode_for(descriptor) != 1) return next(descriptor);
    errno = EIO;
    return -1;
}

int fdatasync(int descriptor) { return synced(descriptor, next_fdatasync); }
int fsync(int descriptor) { return synced(descriptor, next_fsync); }
