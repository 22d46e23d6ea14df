/* src/win32/unix.h: what AF_UNIX needs of the file system. */
#ifndef PIER_WIN32_UNIX_H
#define PIER_WIN32_UNIX_H

#include "../os.h"

/* The error of a connect, or of a bind, to this AF_UNIX address: Winsock's numbers do not tell a path
   that is missing from one that nobody serves. Returns error where there is nothing better. */
int pier_win32_unix_connect_error(pier_socket_t s, const struct sockaddr *addr, socklen_t len,
                                  int error);
int pier_win32_unix_bind_error(pier_socket_t s, const struct sockaddr *addr, socklen_t len,
                               int error);

#endif
