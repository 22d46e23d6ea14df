/* src/posix/option.h: what option.c and multicast.c have of each other. */
#ifndef PIER_POSIX_OPTION_H
#define PIER_POSIX_OPTION_H

#include "../os.h"

/* An option that is an int. Reading returns its value, or an error. */
int pier_posix_set_int(pier_socket_t s, int level, int name, int value);
int pier_posix_get_int(pier_socket_t s, int level, int name);

/* PIER_OPT_MULTICAST_INTERFACE. */
int pier_posix_set_multicast_interface(pier_socket_t s, int index);
int pier_posix_get_multicast_interface(pier_socket_t s, int *index);

#endif
