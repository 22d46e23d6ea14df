/* src/win32/wsapoll.h: what pier_os_poll falls back on where the driver cannot be asked. */
#ifndef PIER_WIN32_WSAPOLL_H
#define PIER_WIN32_WSAPOLL_H

#include "check.h"

/* As pier_os_poll, with WSAPoll. At least one entry is not INVALID_SOCKET. */
int pier_wsapoll(struct pollfd *fds, size_t count, int timeout_ms);

/* The events by which a stream's end is told whose peer sends no more: the promise of POLLIN, if it
   was asked for, and POLLHUP when this side sends no more either. */
int pier_wsapoll_end_events(const struct pollfd *fd);

#endif
