/*
 * Runs a fuzz entry over the files and folders named on the command line, with any compiler.
 *   replay [--corpus=FOLDER] PATH...
 * A FOLDER of the corpus is looked for below the folder that THUMBS_CORPUS names; without that variable it is skipped,
 * by name.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned long n_files;
static const char *volatile current = ""; /* told when it kills us */

static void on_death(int signal)
{
    static const char text[] = "while replaying ";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    ignored = write(STDERR_FILENO, current, strlen(current));
    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    raise(signal); /* SA_RESETHAND: this time it does */
}

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return 1;
    }
    uint8_t *data = NULL;
    size_t len = 0, cap = 0;
    for (;;) {
        if (len == cap) {
            cap = cap ? 2 * cap : 65536;
            uint8_t *more = realloc(data, cap);
            if (!more) abort();
            data = more;
        }
        size_t n = fread(data + len, 1, cap - len, f);
        if (!n) break;
        len += n;
    }
    fclose(f);
    /* An exact copy, so that a sanitizer sees a read past the end. */
    uint8_t *exact = realloc(data, len ? len : 1);
    if (!exact) abort();
    current = path;
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    n_files++;
    return 0;
}

static int replay(const char *path)
{
    struct stat st;
    if (stat(path, &st)) {
        perror(path);
        return 1;
    }
    if (!S_ISDIR(st.st_mode)) return replay_file(path);
    DIR *dir = opendir(path);
    if (!dir) {
        perror(path);
        return 1;
    }
    int bad = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        char *child = NULL;
        if (asprintf(&child, "%s/%s", path, e->d_name) < 0) abort();
        bad |= replay(child);
        free(child);
    }
    closedir(dir);
    return bad;
}

static int replay_corpus(const char *folder)
{
    const char *corpus = getenv("THUMBS_CORPUS");
    char *path = NULL;
    if (!corpus || !*corpus) {
        printf("skipped: the corpus folder \"%s\", THUMBS_CORPUS is not set\n", folder);
        return 0;
    }
    if (asprintf(&path, "%s/%s", corpus, folder) < 0) abort();
    int bad = replay(path);
    free(path);
    return bad;
}

/* A target that ends the process, with whatever status, has not passed. */
static int in_target = 1;

static void on_exit_in_target(void)
{
    if (!in_target) return;
    fputs("the target has ended the process\n", stderr);
    abort();
}

int main(int argc, char **argv)
{
    static const char option[] = "--corpus=";
    int bad = argc < 2;
    atexit(on_exit_in_target);
    sigaction(SIGABRT, &(struct sigaction){.sa_handler = on_death, .sa_flags = SA_RESETHAND | SA_NODEFER}, NULL);
    for (int i = 1; i < argc; i++) {
        bool is_corpus = strncmp(argv[i], option, strlen(option)) == 0;
        bad |= is_corpus ? replay_corpus(argv[i] + strlen(option)) : replay(argv[i]);
    }
    in_target = 0;
    printf("%lu inputs replayed\n", n_files);
    return bad || !n_files;
}
