/* listen.h: what the servers among the examples begin with. */
#ifndef PIER_EXAMPLES_LISTEN_H
#define PIER_EXAMPLES_LISTEN_H

#include <pier/pier.h>

/* Reads a port number. Returns 0 … 65535, or -1 if the text is none. */
int port_from_text(const char *text);

/* Opens a socket on a port of every address of this machine, over IPv6 and IPv4 at once, or over
 * IPv4 alone where there is no IPv6; nobody else can take the port. Prints "listening on …".
 *
 * type  SOCK_STREAM, for a listener, or SOCK_DGRAM; ORed with PIER_NONBLOCK.
 * port  0 lets the system choose.
 *
 * Returns 0, or an error code.
 */
int listen_on_port(int type, int port, pier_socket_t *out);

#endif
