/* A disk that is watched and that fails on order: preloaded into a process of the tests of the embedded engine (R3, R4).
 *
 * Folders below $DISK_ROOT are watched, each with a trace of its own: what happens in $DISK_ROOT/<name>/ is appended to
 * $DISK_TRACE/<name>, in the order in which it happened. All calls go through one lock.
 *
 * Records: tag(1), then numbers (8 bytes, little-endian) and strings (length(8), bytes). Paths are relative to the folder.
 *   O ino path      a file was made          E ino path   a file that was there was opened
 *   W ino offset s  bytes were written       T ino size   the size was set
 *   S ino           the file was synced      D path       a folder was synced
 *   R from to       a name was moved         U path       a name was removed
 *   M path          a folder was made        X path       a folder was removed
 *   A text          a marker: the program tried to open "@text" in the folder
 *
 * Orders are markers as well: "@fail.<call>.<n>.<errno>.<times>" makes the n-th call from now on fail, and those after it
 * until it has failed that many times; "short" as errno writes half of what was asked. Calls: write, fsync, truncate, open,
 * rename, unlink, mkdir. "@full.<0|1>" decides what statvfs says. "@end" ends the trace, and all orders. A sync that fails does so once more
 * for each other open handle on the file, as on Linux (fsync(2)): whoever syncs it next through his own hears of it too.
 *
 * Orders also come from outside: lines "<name> <order>" in the file $DISK_ORDERS, which is removed when they are taken. That is
 * at the next watched call, before it is counted. With $DISK_QUIET nothing is recorded. With $DISK_SYNC_US each sync takes so
 * many microseconds longer.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 65536, PATH = 4096, CALLS = 7 };
enum call { WRITE, FSYNC, TRUNCATE, OPEN, RENAME, UNLINK, MKDIR };
static const char *const call_names[CALLS] = {"write", "fsync", "truncate", "open", "rename", "unlink", "mkdir"};

struct folder {
    struct folder *next;
    char name[256];
    FILE *trace;
    long left[CALLS]; /* calls until the failure; 0 is none */
    long times[CALLS];
    int error[CALLS]; /* -1 is a short write */
    int full;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct folder *folders;
static struct folder *watched[FDS];
/* The error of a sync through another handle, which this one has yet to be told. */
static int owed[FDS];

#define REAL(result, name, ...)                                   \
    static result (*real_##name)(__VA_ARGS__);                    \
    if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static struct folder *folder_of(const char *path, const char **inside) {
    static const char *root;
    static size_t length;
    if (!root) {
        root = getenv("DISK_ROOT");
        if (!root) root = "/nowhere";
        length = strlen(root);
    }
    if (strncmp(path, root, length) || path[length] != '/') return NULL;
    const char *name = path + length + 1;
    const char *end = strchrnul(name, '/');
    *inside = *end ? end + 1 : end;
    size_t bytes = (size_t)(end - name);
    if (!bytes || bytes > 255) return NULL;
    for (struct folder *one = folders; one; one = one->next)
        if (!strncmp(one->name, name, bytes) && !one->name[bytes]) return one;
    struct folder *one = calloc(1, sizeof *one);
    memcpy(one->name, name, bytes);
    one->next = folders;
    folders = one;
    return one;
}

static FILE *trace_of(struct folder *folder) {
    if (!folder->trace) {
        char path[PATH];
        snprintf(path, sizeof path, "%s/%s", getenv("DISK_TRACE"), folder->name);
        folder->trace = fopen(getenv("DISK_QUIET") ? "/dev/null" : path, "a");
        if (!folder->trace) abort();
    }
    return folder->trace;
}

static void number(FILE *out, uint64_t value) { fwrite(&value, 8, 1, out); }

static void text(FILE *out, const void *bytes, size_t length) {
    number(out, length);
    fwrite(bytes, 1, length, out);
}

static void note(struct folder *folder, char tag, const char *a, const char *b) {
    FILE *out = trace_of(folder);
    fputc(tag, out);
    text(out, a, strlen(a));
    if (b) text(out, b, strlen(b));
}

static uint64_t inode(int fd) {
    struct stat seen;
    return fstat(fd, &seen) ? 0 : seen.st_ino;
}

static struct folder *folder_at(int fd) { return fd >= 0 && fd < FDS ? watched[fd] : NULL; }

static void order(struct folder *folder, const char *order);

static void take_orders(void) {
    REAL(int, unlink, const char *);
    const char *path = getenv("DISK_ORDERS");
    FILE *in = path ? fopen(path, "r") : NULL;
    if (!in) return;
    char line[PATH];
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = 0;
        char *text = strchr(line, ' ');
        if (!text) abort();
        *text++ = 0;
        for (struct folder *one = folders; one; one = one->next)
            if (!strcmp(one->name, line)) order(one, text);
    }
    fclose(in);
    real_unlink(path);
}

static void tell_failed(struct folder *folder, enum call call, const char *path) {
    char told[PATH + 64];
    snprintf(told, sizeof told, "failed.%s.%s", call_names[call], path);
    note(folder, 'A', told, NULL);
    fflush(folder->trace);
}

/* 0: go on. Otherwise errno is set, or -2: write half. A marker "failed.<call>.<path>" tells of it, for a sync with the handle it came by. */
static int fails(struct folder *folder, enum call call, const char *path) {
    take_orders();
    if (!folder->left[call] || --folder->left[call] > 0) return 0;
    if (folder->times[call]-- > 1) folder->left[call] = 1;
    tell_failed(folder, call, path);
    if (folder->error[call] == -1) return -2;
    errno = folder->error[call];
    return -1;
}

static void order(struct folder *folder, const char *order) {
    char call[32], error[32];
    long left, times;
    if (!strncmp(order, "full.", 5)) {
        folder->full = order[5] == '1';
    } else if (!strcmp(order, "end")) {
        if (folder->trace) fclose(folder->trace);
        folder->trace = NULL;
        /* What was ordered and did not come to pass must not strike whoever has this name next. */
        memset(folder->left, 0, sizeof folder->left);
        memset(folder->times, 0, sizeof folder->times);
        folder->full = 0;
        /* What is still open belongs to nobody's trace: a record of it would begin the next one, and be taken away with it. */
        for (int fd = 0; fd < FDS; fd++)
            if (watched[fd] == folder) watched[fd] = NULL;
    } else if (sscanf(order, "fail.%31[^.].%ld.%31[^.].%ld", call, &left, error, &times) == 4) {
        for (int i = 0; i < CALLS; i++)
            if (!strcmp(call, call_names[i])) {
                folder->left[i] = left;
                folder->times[i] = times;
                folder->error[i] = !strcmp(error, "short") ? -1 : atoi(error);
            }
    } else {
        note(folder, 'A', order, NULL);
        fflush(folder->trace);
    }
}

/* The path of an open file, relative to its folder. */
static const char *inside_of(int fd) {
    static char path[PATH];
    char link[64];
    const char *inside = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH - 1);
    path[length < 0 ? 0 : length] = 0;
    folder_of(path, &inside);
    return inside;
}

/* The whole path of a name in an open folder. */
static const char *whole(int at, const char *path, char *buffer) {
    if (at == AT_FDCWD || path[0] == '/') return path;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t length = readlink(link, buffer, PATH - 1);
    if (length < 0) return path;
    snprintf(buffer + length, PATH - (size_t)length, "/%s", path);
    return buffer;
}

static int open_watched(int at, const char *given, int flags, mode_t mode) {
    REAL(int, openat64, int, const char *, int, ...);
    char buffer[PATH];
    const char *inside, *path = whole(at, given, buffer);
    pthread_mutex_lock(&gate);
    struct folder *folder = folder_of(path, &inside);
    if (!folder) {
        pthread_mutex_unlock(&gate);
        return real_openat64(at, given, flags, mode);
    }
    int fd = -1;
    if (*inside == '@') {
        order(folder, inside + 1);
        errno = ENOENT;
    } else if (!(flags & O_CREAT) || !fails(folder, OPEN, inside)) {
        int there = !access(path, F_OK);
        fd = real_openat64(at, given, flags, mode);
        struct stat seen;
        if (fd >= 0 && fd < FDS && !fstat(fd, &seen)) {
            watched[fd] = folder;
            owed[fd] = 0;
            if (S_ISREG(seen.st_mode)) {
                FILE *out = trace_of(folder);
                fputc(there ? 'E' : 'O', out);
                number(out, seen.st_ino);
                text(out, inside, strlen(inside));
                if (there && (flags & O_TRUNC)) {
                    fputc('T', out);
                    number(out, seen.st_ino);
                    number(out, 0);
                }
            }
        }
    }
    int error = errno;
    pthread_mutex_unlock(&gate);
    errno = error;
    return fd;
}

#define MODE                                              \
    mode_t mode = 0;                                      \
    if (flags & (O_CREAT | O_TMPFILE)) {                  \
        va_list rest;                                     \
        va_start(rest, flags);                            \
        mode = va_arg(rest, mode_t);                      \
        va_end(rest);                                     \
    }

int open(const char *path, int flags, ...) { MODE return open_watched(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_watched(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return open_watched(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return open_watched(at, path, flags, mode); }

int close(int fd) {
    REAL(int, close, int);
    pthread_mutex_lock(&gate);
    if (fd >= 0 && fd < FDS) watched[fd] = NULL;
    int result = real_close(fd);
    pthread_mutex_unlock(&gate);
    return result;
}

static ssize_t write_watched(struct folder *folder, int fd, const void *bytes, size_t length, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    REAL(ssize_t, write, int, const void *, size_t);
    struct stat seen;
    int failure = fails(folder, WRITE, inside_of(fd));
    if (failure == -1) return -1;
    if (failure == -2 && length > 1) length /= 2;
    off64_t offset = at;
    if (at < 0) {
        if (fcntl(fd, F_GETFL) & O_APPEND)
            offset = fstat(fd, &seen) ? 0 : seen.st_size;
        else
            offset = lseek64(fd, 0, SEEK_CUR);
    }
    ssize_t written = at < 0 ? real_write(fd, bytes, length) : real_pwrite64(fd, bytes, length, at);
    if (written > 0) {
        FILE *out = trace_of(folder);
        fputc('W', out);
        number(out, inode(fd));
        number(out, (uint64_t)offset);
        text(out, bytes, (size_t)written);
    }
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    struct folder *folder = folder_at(fd);
    if (!folder) return real_write(fd, bytes, length);
    pthread_mutex_lock(&gate);
    ssize_t written = write_watched(folder, fd, bytes, length, -1);
    int error = errno;
    pthread_mutex_unlock(&gate);
    errno = error;
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    struct folder *folder = folder_at(fd);
    if (!folder) return real_pwrite64(fd, bytes, length, at);
    pthread_mutex_lock(&gate);
    ssize_t written = write_watched(folder, fd, bytes, length, at);
    int error = errno;
    pthread_mutex_unlock(&gate);
    errno = error;
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    if (!folder_at(fd)) return real_writev(fd, parts, count);
    /* A short write is allowed: the first part that is not empty. */
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len) return write(fd, parts[i].iov_base, parts[i].iov_len);
    return 0;
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, ftruncate64, int, off64_t);
    struct folder *folder = folder_at(fd);
    if (!folder) return real_ftruncate64(fd, size);
    pthread_mutex_lock(&gate);
    int result = fails(folder, TRUNCATE, inside_of(fd)) ? -1 : real_ftruncate64(fd, size);
    int error = errno;
    if (!result) {
        FILE *out = trace_of(folder);
        fputc('T', out);
        number(out, inode(fd));
        number(out, (uint64_t)size);
    }
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

/* Whether this sync fails, for itself or because one through another handle has. */
static int sync_fails(struct folder *folder, int fd, const char *name) {
    if (owed[fd]) {
        tell_failed(folder, FSYNC, name);
        errno = owed[fd];
        owed[fd] = 0;
        return 1;
    }
    if (!fails(folder, FSYNC, name)) return 0;
    int error = errno;
    uint64_t file = inode(fd);
    for (int other = 0; other < FDS; other++)
        if (other != fd && watched[other] == folder && inode(other) == file) owed[other] = error;
    errno = error;
    return 1;
}

static int sync_watched(int fd, int (*real)(int)) {
    struct folder *folder = folder_at(fd);
    if (!folder) return real(fd);
    pthread_mutex_lock(&gate);
    /* The engine syncs journals through a handle of its own, for reading; fjall through the one that it writes with. */
    char name[PATH + 16];
    int ours = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
    snprintf(name, sizeof name, "%s.%s", inside_of(fd), ours ? "ours" : "fjall");
    int result = sync_fails(folder, fd, name) ? -1 : real(fd);
    int error = errno;
    struct stat seen;
    if (!result && !fstat(fd, &seen)) {
        if (S_ISDIR(seen.st_mode)) {
            note(folder, 'D', inside_of(fd), NULL);
        } else {
            FILE *out = trace_of(folder);
            fputc('S', out);
            number(out, seen.st_ino);
        }
    }
    pthread_mutex_unlock(&gate);
    const char *longer = getenv("DISK_SYNC_US");
    if (longer) usleep((useconds_t)atoi(longer));
    errno = error;
    return result;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    return sync_watched(fd, real_fsync);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return sync_watched(fd, real_fdatasync);
}

static int names(enum call call, char tag, const char *path, int (*real)(const char *)) {
    const char *inside;
    pthread_mutex_lock(&gate);
    struct folder *folder = folder_of(path, &inside);
    int result = folder && fails(folder, call, inside) ? -1 : real(path);
    int error = errno;
    if (folder && !result) note(folder, tag, inside, NULL);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    return names(UNLINK, 'U', path, real_unlink);
}

int rmdir(const char *path) {
    REAL(int, rmdir, const char *);
    return names(UNLINK, 'X', path, real_rmdir);
}

static int unlink_file(const char *path) { return unlink(path); }

int unlinkat(int at, const char *given, int flags) {
    char buffer[PATH];
    const char *path = whole(at, given, buffer);
    return flags & AT_REMOVEDIR ? rmdir(path) : unlink_file(path);
}

static mode_t making;
static int real_mkdir_once(const char *path) {
    REAL(int, mkdir, const char *, mode_t);
    return real_mkdir(path, making);
}

int mkdir(const char *path, mode_t mode) {
    making = mode;
    return names(MKDIR, 'M', path, real_mkdir_once);
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    const char *inside_from, *inside_to;
    pthread_mutex_lock(&gate);
    struct folder *folder = folder_of(from, &inside_from);
    struct folder *other = folder_of(to, &inside_to);
    int result = folder && fails(folder, RENAME, inside_from) ? -1 : real_rename(from, to);
    int error = errno;
    if (folder && folder == other && !result) note(folder, 'R', inside_from, inside_to);
    pthread_mutex_unlock(&gate);
    errno = error;
    return result;
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
    char a[PATH], b[PATH];
    return rename(whole(from_at, from, a), whole(to_at, to, b));
}

int statvfs64(const char *path, struct statvfs64 *out) {
    REAL(int, statvfs64, const char *, struct statvfs64 *);
    const char *inside;
    int result = real_statvfs64(path, out);
    pthread_mutex_lock(&gate);
    struct folder *folder = folder_of(path, &inside);
    if (folder && folder->full) out->f_bavail = 0;
    pthread_mutex_unlock(&gate);
    return result;
}

int statvfs(const char *path, struct statvfs *out) { return statvfs64(path, (struct statvfs64 *)out); }

/* Copies go through read and write, where they are seen. */
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
    (void)in, (void)from, (void)out, (void)to, (void)length, (void)flags;
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int out, int in, off64_t *from, size_t length) {
    (void)out, (void)in, (void)from, (void)length;
    errno = EINVAL;
    return -1;
}

ssize_t sendfile(int out, int in, off_t *from, size_t length) { return sendfile64(out, in, from, length); }
