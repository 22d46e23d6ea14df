/* src/win32/afd.h: readiness as the driver of Winsock, AFD, knows it. Winsock's own select and
 * WSAPoll are written on the same request; but WSAPoll tells the peer's end of stream unasked, and,
 * before Windows 10 version 2004, a failed connect never.
 */
#ifndef PIER_WIN32_AFD_H
#define PIER_WIN32_AFD_H

#include "check.h"

/* The events of the driver. */
enum pier_afd_event {
  PIER_AFD_RECEIVE = 0x001,
  PIER_AFD_RECEIVE_EXPEDITED = 0x002, /* out-of-band data */
  PIER_AFD_SEND = 0x004,
  PIER_AFD_DISCONNECT = 0x008,  /* the peer's end of stream */
  PIER_AFD_ABORT = 0x010,       /* the connection was reset, by either side */
  PIER_AFD_LOCAL_CLOSE = 0x020, /* the handle was closed while it was waited for */
  PIER_AFD_ACCEPT = 0x080,
  PIER_AFD_CONNECT_FAIL = 0x100
};

/* A request, and an answer, as the driver lays them out. An answer holds only the entries that have
   events, in the order of the request. */
typedef struct pier_afd_entry {
  HANDLE handle;
  ULONG events;
  LONG status; /* an answer's; in a request it is not looked at. */
} pier_afd_entry;

typedef struct pier_afd_list {
  LARGE_INTEGER timeout; /* set by pier_afd_poll */
  ULONG count;
  ULONG is_exclusive;        /* 0: other requests for the same sockets go on. */
  pier_afd_entry entries[1]; /* as many as count says */
} pier_afd_list;

#define PIER_AFD_SIZE(count)                                                                       \
  (offsetof(pier_afd_list, entries) + (size_t)(count) * sizeof(pier_afd_entry))

/* Opens a handle to the driver, through which requests are made; it is not inherited. */
int pier_afd_open(HANDLE *out);

/* The handle that the driver knows a socket by, where a layered provider stands between.
   PIER_ENOTSOCK, PIER_WSANOTINITIALISED: it is no open socket. Another code: there is no such
   handle. */
int pier_afd_base(SOCKET s, HANDLE *out);

/* Waits until an entry of asked, which has at least one, has events. answer has the same room; its
   memory and that of asked are the caller's again when this returns. timeout_ms is -1 or more.
   Returns how many entries are in the answer, 0 when the time is over, or an error: an entry is not
   a handle of the driver, or the driver is not to be had. */
int pier_afd_poll(pier_afd_list *asked, pier_afd_list *answer, int timeout_ms);

#endif
