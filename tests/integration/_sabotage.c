/* tests/integration/_sabotage.c: a preloaded library that makes a store lie, to see whether the kill model finds it.
 *
 * Statements that begin with HERALD_SABOTAGE are not carried out every HERALD_SABOTAGE_EVERY-th time, and said to be. A
 * COMMIT that is not carried out takes everything of its transaction with it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

#define DONE 101
#define MOST 64

static int (*next_prepare)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
static int (*next_step)(sqlite3_stmt *);
static int (*next_changes)(sqlite3 *);
static int (*next_exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
static sqlite3 *(*next_handle)(sqlite3_stmt *);
static int (*next_finalize)(sqlite3_stmt *);

static const char *wanted;
static unsigned long every = 1, seen;
static sqlite3_stmt *chosen[MOST];
static int is_lie; /* the last step changed nothing; stores are written by one thread */

__attribute__((constructor)) static void find_next(void) {
    next_prepare = (int (*)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **))dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    next_step = (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
    next_changes = (int (*)(sqlite3 *))dlsym(RTLD_NEXT, "sqlite3_changes");
    next_exec = (int (*)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **))dlsym(RTLD_NEXT, "sqlite3_exec");
    next_handle = (sqlite3 * (*)(sqlite3_stmt *)) dlsym(RTLD_NEXT, "sqlite3_db_handle");
    next_finalize = (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_finalize");
    wanted = getenv("HERALD_SABOTAGE");
    const char *often = getenv("HERALD_SABOTAGE_EVERY");
    if (often != NULL) every = strtoul(often, NULL, 10);
}

int sqlite3_prepare_v3(sqlite3 *database, const char *sql, int size, unsigned flags, sqlite3_stmt **made, const char **tail) {
    int code = next_prepare(database, sql, size, flags, made, tail);
    if (wanted == NULL || strncmp(sql, wanted, strlen(wanted)) != 0) return code;
    for (int i = 0; i < MOST; ++i) {
        if (chosen[i] == NULL) {
            chosen[i] = *made;
            break;
        }
    }
    return code;
}

int sqlite3_step(sqlite3_stmt *statement) {
    is_lie = 0;
    for (int i = 0; i < MOST; ++i) {
        if (chosen[i] != statement || ++seen % every != 0) continue;
        is_lie = 1;
        if (strcmp(wanted, "COMMIT") == 0) next_exec(next_handle(statement), "ROLLBACK", NULL, NULL, NULL);
        return DONE;
    }
    return next_step(statement);
}

/* Another statement may come to lie where this one was. */
int sqlite3_finalize(sqlite3_stmt *statement) {
    for (int i = 0; i < MOST; ++i) {
        if (statement != NULL && chosen[i] == statement) chosen[i] = NULL;
    }
    return next_finalize(statement);
}

int sqlite3_changes(sqlite3 *database) { return is_lie ? 1 : next_changes(database); }
