/* src/win32/receive.h: a receive by WSARecvFrom or WSARecvMsg, which waits or does not. */
#ifndef PIER_WIN32_RECEIVE_H
#define PIER_WIN32_RECEIVE_H

#include "check.h"

#include <mswsock.h>

/* The flags that Winsock has not, or has only for sockets that block. */
#define EMULATED_FLAGS (MSG_DONTWAIT | MSG_WAITALL)

/* What is received into. With a message, its buffers and its name count, and not those here. */
typedef struct pier_win32_reception {
  WSABUF *buffers;
  DWORD count;
  DWORD flags;                   /* Winsock's, set by pier_win32_receive */
  DWORD flags_back;              /* what Winsock writes to, for as long as the receive lasts */
  struct sockaddr_storage *name; /* or NULL */
  int name_len;                  /* the room there is; afterwards, the name's length */
  LPWSAMSG message;              /* or NULL: without control data */
  LPFN_WSARECVMSG receive_message;
  DWORD received;
} pier_win32_reception;

/* Receives as the flags say, which may be those of EMULATED_FLAGS and MSG_OOB too: with MSG_DONTWAIT
   it never waits. Returns 0 or an error code. */
int pier_win32_receive(SOCKET s, pier_win32_reception *r, int flags);

/* Asks whether a socket is ready for POLLIN, POLLOUT or POLLPRI: 0, PIER_EAGAIN or another error
   code. A stream without a peer never becomes ready, and says so. */
int pier_win32_check_ready(SOCKET s, short events);

/* Finds WSARecvMsg. Returns 0 or an error code. */
int pier_win32_find_recvmsg(SOCKET s, LPFN_WSARECVMSG *out);

/* Control data on its way to a user whose buffer may be too small. */
typedef union pier_win32_control {
  WSACMSGHDR header; /* which aligns it */
  char bytes[1024];
} pier_win32_control;

/* Copies the pieces of control data that fit whole into the message's buffer, sets its length, and
   returns MSG_CTRUNC where some did not fit, else 0. */
int pier_win32_give_control(const WSABUF *control, pier_msghdr *message);

/* The distance from one header of control data to the next. <mswsock.h>'s macro for it mixes signed
   and unsigned numbers. */
static inline size_t pier_win32_control_step(const WSACMSGHDR *header)
{
  return (header->cmsg_len + _Alignof(WSACMSGHDR) - 1) & ~(_Alignof(WSACMSGHDR) - 1);
}

#endif
