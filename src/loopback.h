/* src/loopback.h: a pair of sockets over the loopback interface, for systems that have no
 * socketpair(2).
 *
 * Any process of the machine can connect to a listener on loopback, or send to a datagram socket
 * there, before the other end does. So each end must show the other a random token, sent over the
 * connection itself, before it is believed. Between the two steps of each type lies the moment in
 * which a stranger can come; that is why they are two, and a test comes there.
 */
#ifndef PIER_LOOPBACK_H
#define PIER_LOOPBACK_H

#include "os.h"

/* How long the ends may look for each other. Without a stranger it takes a fraction of a
   millisecond; this is for those who try to keep them apart. */
#define PIER_LOOPBACK_TIMEOUT_MS 5000

/* Makes a pair of type SOCK_STREAM or SOCK_DGRAM with the flags PIER_NONBLOCK and PIER_INHERIT, on
   127.0.0.1 or, where that is not there, on ::1. */
int pier_loopback_pair(int type, int flags, pier_socket_t out[2]);

/* The two steps of a stream pair: a listener that nobody else can bind over, and its name; and two
   non-blocking ends that have proved themselves to each other. The listener stays the caller's.
   PIER_ETIMEDOUT where that did not succeed in time. */
int pier_loopback_listen(int family, pier_socket_t *listener, pier_address *name);
int pier_loopback_join(pier_socket_t listener, const pier_address *name, int timeout_ms,
                       pier_socket_t out[2]);

/* The two steps of a datagram pair: two non-blocking sockets and their names; and their connection,
   with what others have sent them thrown away. The sockets stay the caller's after an error. */
int pier_loopback_bind(int family, pier_socket_t out[2], pier_address names[2]);
int pier_loopback_connect(const pier_socket_t pair[2], const pier_address names[2], int timeout_ms);

#endif
