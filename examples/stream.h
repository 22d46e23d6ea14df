/* stream.h: what the examples that speak over a stream have in common. */
#ifndef PIER_EXAMPLES_STREAM_H
#define PIER_EXAMPLES_STREAM_H

#include <pier/pier.h>

/* Connects to a host over TCP, at the first of its addresses that answers. Returns 0, or the error
   code of the lookup or of the last attempt. */
int connect_to_host(const char *host, const char *service, pier_socket_t *out);

/* Sends all of it on a socket that blocks: one pier_send may take a part only. Returns 0, or an
   error code. */
int send_all(pier_socket_t s, const char *data, size_t size);

#endif
