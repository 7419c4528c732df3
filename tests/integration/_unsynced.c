/* tests/integration/_unsynced.c: a preloaded library that knows what a power cut would leave of a store.
 *
 * For the database and its log (names that end in ".db" or ".db-wal") it keeps a second file "<name>.synced" that
 * holds exactly what was synced: a write only notes its range, a sync copies the noted ranges. After a kill -9 the test
 * puts the second files in place of the first, and with that drops everything that was not synced. A sync takes a while
 * on purpose: an answer that does not wait for it comes too early.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096
#define MOST_RANGES 65536

struct range {
    off_t offset;
    size_t length;
};

/* What a file has that is not synced; shared by all descriptors of it. */
struct file {
    char path[1024];
    ino_t inode;
    int synced; /* descriptor of the second file */
    size_t ranges;
    struct range range[MOST_RANGES];
};

static struct file *file_of[MOST_FILES]; /* by descriptor */
static struct file *known[64];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int (*next_open)(const char *, int, ...);
static int (*next_close)(int);
static ssize_t (*next_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*next_write)(int, const void *, size_t);
static int (*next_fdatasync)(int);
static int (*next_fsync)(int);

__attribute__((constructor)) static void find_next(void) {
    next_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    next_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
    next_pwrite = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    next_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    next_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    next_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
}

static int is_wanted(const char *path) {
    size_t length = strlen(path);
    return (length > 3 && strcmp(path + length - 3, ".db") == 0) || (length > 7 && strcmp(path + length - 7, ".db-wal") == 0);
}

static void watch(int descriptor, const char *path) {
    struct stat facts;
    if (descriptor < 0 || descriptor >= MOST_FILES || !is_wanted(path) || fstat(descriptor, &facts) != 0) return;
    pthread_mutex_lock(&mutex);
    size_t at = 0;
    while (known[at] != NULL && strcmp(known[at]->path, path) != 0) ++at;
    if (known[at] == NULL) {
        char name[1100];
        struct file *file = calloc(1, sizeof *file);
        snprintf(file->path, sizeof file->path, "%s", path);
        snprintf(name, sizeof name, "%s.synced", path);
        file->inode = facts.st_ino;
        file->synced = next_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        known[at] = file;
    } else if (known[at]->inode != facts.st_ino) { /* removed and made anew */
        known[at]->inode = facts.st_ino;
        known[at]->ranges = 0;
        if (ftruncate(known[at]->synced, 0) != 0) abort();
    }
    file_of[descriptor] = known[at];
    pthread_mutex_unlock(&mutex);
}

static void note(int descriptor, off_t offset, ssize_t length) {
    if (length <= 0 || descriptor < 0 || descriptor >= MOST_FILES || file_of[descriptor] == NULL) return;
    pthread_mutex_lock(&mutex);
    struct file *file = file_of[descriptor];
    if (file->ranges == MOST_RANGES) abort();
    file->range[file->ranges++] = (struct range){offset, (size_t)length};
    pthread_mutex_unlock(&mutex);
}

static void keep(int descriptor) {
    if (descriptor < 0 || descriptor >= MOST_FILES || file_of[descriptor] == NULL) return;
    usleep(5000);
    pthread_mutex_lock(&mutex);
    struct file *file = file_of[descriptor];
    static char buffer[1 << 20];
    struct stat facts;
    for (size_t i = 0; i < file->ranges; ++i) {
        off_t offset = file->range[i].offset;
        size_t left = file->range[i].length;
        while (left > 0) {
            ssize_t got = pread(descriptor, buffer, left < sizeof buffer ? left : sizeof buffer, offset);
            if (got <= 0) break; /* truncated meanwhile */
            if (next_pwrite(file->synced, buffer, (size_t)got, offset) != got) abort();
            offset += got;
            left -= (size_t)got;
        }
    }
    file->ranges = 0;
    if (fstat(descriptor, &facts) != 0 || ftruncate(file->synced, facts.st_size) != 0) abort();
    pthread_mutex_unlock(&mutex);
}

static int opened(const char *path, int flags, mode_t mode) {
    int descriptor = next_open(path, flags, mode);
    watch(descriptor, path);
    return descriptor;
}

#define MODE(flags, mode)                 \
    mode_t mode = 0;                      \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
        va_list more;                     \
        va_start(more, flags);            \
        mode = va_arg(more, mode_t);      \
        va_end(more);                     \
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
    if (descriptor >= 0 && descriptor < MOST_FILES) file_of[descriptor] = NULL;
    return next_close(descriptor);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off_t offset) {
    ssize_t done = next_pwrite(descriptor, data, length, offset);
    note(descriptor, offset, done);
    return done;
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
    return pwrite64(descriptor, data, length, offset);
}

ssize_t write(int descriptor, const void *data, size_t length) {
    off_t before = descriptor >= 0 && descriptor < MOST_FILES && file_of[descriptor] ? lseek(descriptor, 0, SEEK_CUR) : 0;
    ssize_t done = next_write(descriptor, data, length);
    note(descriptor, before, done);
    return done;
}

/* Not used by the store; if that changes, this library has to learn it. */
ssize_t pwritev(int descriptor, const struct iovec *vector, int count, off_t offset) {
    if (descriptor >= 0 && descriptor < MOST_FILES && file_of[descriptor]) abort();
    ssize_t (*next)(int, const struct iovec *, int, off_t) =
        (ssize_t(*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "pwritev");
    return next(descriptor, vector, count, offset);
}

int fdatasync(int descriptor) {
    int result = next_fdatasync(descriptor);
    if (result == 0) keep(descriptor);
    return result;
}

int fsync(int descriptor) {
    int result = next_fsync(descriptor);
    if (result == 0) keep(descriptor);
    return result;
}
