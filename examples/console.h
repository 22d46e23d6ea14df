/* console.h: the console of an example, in a form that pier_poll can watch.
 *
 * On POSIX standard input is a descriptor like any other: poll watches it beside sockets. On
 * Windows it is no socket, and nothing waits for a console and a socket at once; the way that works
 * for a keyboard, a pipe and a file alike is a thread that copies standard input into a socket.
 * Each system has its own file, console_posix.c or console_win32.c, and the build chooses it.
 *
 * Bytes are passed on as they are: nothing turns \n into \r\n or takes \x1a for the end. Every
 * function returns an error code of <pier/error.h> on failure.
 */
#ifndef PIER_EXAMPLES_CONSOLE_H
#define PIER_EXAMPLES_CONSOLE_H

#include <pier/pier.h>

/* Opens standard input. Call it once, before any other socket is opened. The handle is to be waited
   for with POLLIN, and for nothing else: it is not to be closed. Returns 0. */
int console_open(pier_socket_t *input);

/* Reads what there is, waiting if there is nothing. Returns how many bytes; 0 at the end. */
pier_ssize_t console_read(pier_socket_t input, void *data, size_t size);

/* Writes all of it to standard output, at once and without a buffer of its own. Returns 0. */
int console_write_all(const void *data, size_t size);

#endif
