/* pier/wait.h: waiting until sockets are ready.
 *
 * A timeout is an int of milliseconds on a monotonic clock: PIER_FOREVER (-1) waits without end, 0
 * does not wait, less than -1 is PIER_EINVAL. No function returns before its time is over, and a
 * signal does not end a wait.
 *
 * The events are the system's own POLLIN, POLLOUT, POLLPRI, POLLERR, POLLHUP and POLLNVAL:
 *
 *   POLLIN    a receive does not block: there is data, a connection to accept, the end of the
 *             stream, or an error to be told;
 *   POLLOUT   a send does not block; a connect has ended, well or not;
 *   POLLPRI   out-of-band data;
 *   POLLERR   an error is there to be told: a failed connect, a reset. Reported unasked;
 *   POLLHUP   the connection is over in both directions, or never came about. Reported unasked;
 *   POLLNVAL  the handle is not an open socket. Reported unasked.
 */
#ifndef PIER_WAIT_H
#define PIER_WAIT_H

#include <pier/error.h>
#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PIER_FOREVER (-1)

/* Wakes a waiting call from elsewhere. This version has no way to make one: pass NULL. */
typedef struct pier_waker pier_waker;

/* Waits until one of several sockets is ready, or the time is over.
 *
 * fds         the sockets, each with the events that are wanted; revents receives those that are
 *             there. An entry whose fd is PIER_INVALID_SOCKET is passed over, and its revents is 0.
 * count       how many; with 0, fds may be NULL, and it is a sleep.
 * timeout_ms  see above.
 *
 * Returns how many entries have events, 0 when the time is over, or
 *   PIER_ENOMEM  no memory for a list this long.
 * An entry that is not an open socket counts as one with POLLNVAL; it is not an error of the call.
 *
 * Memory   Windows allocates for the time of the call where there are more than 64 entries.
 * Systems  macOS sets POLLHUP beside POLLIN when the peer alone has ended its stream. Windows does
 *          not set it for AF_UNIX sockets, and repeats POLLERR after it was told, where the others
 *          forget it. A stream socket that was never connected has POLLOUT and POLLHUP on Linux, and
 *          no events on Windows.
 * Threads  A socket that another thread closes during the wait is POLLNVAL at once on Windows; on
 *          Linux the wait goes on, as if it were open. So let nobody close what is waited for.
 */
PIER_API int pier_poll(struct pollfd *fds, size_t count, int timeout_ms);

/* Waits until one of several sockets is ready, or the time is over: Berkeley's select.
 *
 * nfds         one more than the highest socket in the sets, at most FD_SETSIZE; Windows does not
 *              look at its value, but for its sign.
 * readable     the sockets to receive from or accept on; afterwards, those that are ready. NULL: none.
 * writable     the sockets to send on, or whose connect is under way.
 * exceptional  the sockets to watch for out-of-band data and for errors.
 * timeout_ms   see above.
 *
 * Returns how many sockets are in the three sets afterwards, 0 (and empty sets) when the time is
 * over, or, with the sets as they were,
 *   PIER_EINVAL  nfds is negative or above FD_SETSIZE;
 *   PIER_EBADF, PIER_ENOTSOCK  a set holds something that is not an open socket;
 *   PIER_ENOMEM  no memory for sets this large.
 *
 * A failed connect is writable and exceptional on every system; a reset connection is in each set
 * that it was put into.
 *
 * Memory   Windows allocates for the time of the call where there are more than 64 sockets.
 * Systems  Windows takes sets of any FD_SETSIZE. Sockets above FD_SETSIZE cannot be put into a set
 *          on POSIX: use pier_poll.
 */
PIER_API int pier_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                         int timeout_ms);

/* Waits until one socket is ready.
 *
 * events      POLLIN, POLLOUT, POLLPRI or several of them; 0 waits for POLLERR and POLLHUP alone.
 * timeout_ms  see above.
 * waker       NULL; anything else, like an event that is reported unasked, is PIER_EINVAL.
 *
 * Returns the events that are there, more than 0, or
 *   PIER_ETIMEDOUT             the time is over;
 *   PIER_EBADF, PIER_ENOTSOCK  not an open socket.
 */
PIER_API int pier_wait(pier_socket_t s, int events, int timeout_ms, pier_waker *waker);

#ifdef __cplusplus
}
#endif

#endif
