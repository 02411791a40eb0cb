/* SPDX-License-Identifier: MIT */
#include "bench/machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "thumbs/thumbs.h"

static void read_cpu(char *out, size_t size)
{
    char text[4096] = "";
    const int fd = th_openat(AT_FDCWD, "/proc/cpuinfo", O_RDONLY, 0);
    const ssize_t n = fd >= 0 ? th_read_full(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) close(fd);
    const char *line = n > 0 ? strstr(text, "model name") : NULL;
    const char *value = line ? strchr(line, ':') : NULL;
    snprintf(out, size, "unknown");
    if (!value) return;
    value += strspn(value, ": \t");
    snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
}

void th_machine_read(struct th_machine *m)
{
    struct utsname names = {0};
    const time_t now = time(NULL);
    struct tm utc;
    *m = (struct th_machine){0};
    read_cpu(m->cpu, sizeof m->cpu);
    m->n_cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    m->usable = thumbs_cpus_usable();
    m->memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uname(&names);
    snprintf(m->kernel, sizeof m->kernel, "%.40s %.60s %.40s", names.sysname, names.release,
             names.machine);
    if (gmtime_r(&now, &utc)) strftime(m->when, sizeof m->when, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void th_machine_json(const struct th_machine *m, struct th_json *j)
{
    th_json_open(j, "thumbs", '{');
    th_json_string(j, "version", THUMBS_VERSION_STRING);
    th_json_string(j, "compiler", __VERSION__);
#ifdef __OPTIMIZE__
    th_json_bool(j, "optimised", true);
#else
    th_json_bool(j, "optimised", false);
#endif
    th_json_close(j, '}');
    th_json_string(j, "when", m->when);
    th_json_open(j, "machine", '{');
    th_json_string(j, "cpu", m->cpu);
    th_json_u64(j, "cpus", m->n_cpus);
    th_json_u64(j, "cpus_usable", m->usable);
    th_json_u64(j, "memory_bytes", m->memory_bytes);
    th_json_string(j, "kernel", m->kernel);
    th_json_close(j, '}');
}

const char *th_machine_filesystem(const char *path, char buf[24])
{
    static const struct {
        unsigned long magic;
        const char *name;
    } kinds[] = {{0xEF53, "ext4"},         {0x01021994, "tmpfs"},   {0x9123683E, "btrfs"},
                 {0x58465342, "xfs"},      {0x794C7630, "overlay"}, {0x6969, "nfs"},
                 {0xFF534D42, "cifs"},     {0xFE534D42, "smb2"},    {0x65735546, "fuse"},
                 {0x2FC12FC1, "zfs"},      {0xF2F52010, "f2fs"},    {0x01021997, "9p"},
                 {0x6A656A63, "virtiofs"}, {0x00C36400, "ceph"},    {0x0BD00BD0, "lustre"}};
    struct statfs fs;
    if (statfs(path, &fs) != 0) return "unknown";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if ((unsigned long)fs.f_type == kinds[i].magic) return kinds[i].name;
    }
    snprintf(buf, 24, "0x%lx", (unsigned long)fs.f_type);
    return buf;
}
