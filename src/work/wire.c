/* SPDX-License-Identifier: MIT */
#include "work/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"

size_t th_wire_reply_size(uint32_t n_outputs)
{
    return offsetof(struct th_wire_reply, result.outputs) +
           n_outputs * sizeof(struct th_image_output);
}

int th_wire_send(int sock, const void *message, size_t size, const int *fds, size_t n_fds)
{
    union {
        char bytes[CMSG_SPACE(TH_WIRE_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (n_fds) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
        memcpy(CMSG_DATA(c), fds, n_fds * sizeof *fds);
    }
    if (th_fault(TH_FAULT_WRITE)) return -1;
    ssize_t n;
    do {
        n = sendmsg(sock, &header, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return -1;
    if ((size_t)n != size) {
        errno = EMSGSIZE;
        return -1;
    }
    return 0;
}

/* Take the descriptors that came; close those nobody asked for. */
static size_t take_fds(struct msghdr *header, int *fds, size_t max_fds)
{
    size_t n_taken = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (n_taken < max_fds) {
                fds[n_taken++] = fd;
            } else {
                close(fd);
            }
        }
    }
    return n_taken;
}

ssize_t th_wire_receive(int sock, void *message, size_t size, int *fds, size_t *n_fds)
{
    union {
        char bytes[CMSG_SPACE(TH_WIRE_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    ssize_t n;
    do {
        n = recvmsg(sock, &header, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return -1;
    size_t max_fds = n_fds ? *n_fds : 0;
    size_t n_taken = take_fds(&header, fds, max_fds);
    if (n_fds) *n_fds = n_taken;
    if (header.msg_flags & MSG_TRUNC) {
        for (size_t i = 0; i < n_taken; i++)
            close(fds[i]);
        if (n_fds) *n_fds = 0;
        errno = EMSGSIZE;
        return -1;
    }
    return n;
}
