/* src/win32/option.h: what option.c, multicast.c and keepalive.c have of each other. */
#ifndef PIER_WIN32_OPTION_H
#define PIER_WIN32_OPTION_H

#include "../os.h"

/* An option that is an int. Reading returns its value, or an error. */
int pier_win32_set_int(pier_socket_t s, int level, int name, int value);
int pier_win32_get_int(pier_socket_t s, int level, int name);

/* PIER_OPT_MULTICAST_INTERFACE. */
int pier_win32_set_multicast_interface(pier_socket_t s, int index);
int pier_win32_get_multicast_interface(pier_socket_t s, int *index);

/* PIER_OPT_KEEPALIVE, PIER_OPT_KEEPALIVE_IDLE_S, PIER_OPT_KEEPALIVE_INTERVAL_S. */
int pier_win32_set_keepalive(pier_socket_t s, int on);
int pier_win32_set_keepalive_idle(pier_socket_t s, int seconds);
int pier_win32_get_keepalive_idle(pier_socket_t s, int *seconds);
int pier_win32_set_keepalive_interval(pier_socket_t s, int seconds);
int pier_win32_get_keepalive_interval(pier_socket_t s, int *seconds);

/* Drops what is remembered of a socket that is about to be closed. */
void pier_win32_forget_keepalive(pier_socket_t s);

#endif
