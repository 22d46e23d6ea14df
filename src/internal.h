/* src/internal.h: what the files of src share among themselves. */
#ifndef PIER_INTERNAL_H
#define PIER_INTERNAL_H

#include "os.h"

/* Whether an address can be handed to the system at all: it has a family, and fits every system's
   storage. Winsock reads what a negative or huge length says. */
static inline bool pier_is_address(const struct sockaddr *addr, socklen_t len)
{
  return addr != NULL &&
         len >= (socklen_t)(offsetof(struct sockaddr, sa_family) + sizeof addr->sa_family) &&
         len <= (socklen_t)sizeof(struct sockaddr_storage);
}

/* What an address that the system refused is worth: systems name a wrong family and a wrong length
   differently. Returns error, or the one code that pier documents for the mistake. */
int pier_address_error(pier_socket_t s, const struct sockaddr *addr, socklen_t len, int error);

/* The length that a family's address needs at least, 0 for a family that pier does not know. */
socklen_t pier_address_length(int family);

/* The path of an AF_UNIX address: its length without the end, which the system need not write. A
   name that begins with a NUL is Linux's abstract kind, and counts whole; one of nothing but NULs is
   how BSDs write no name. */
size_t pier_unix_path(const struct sockaddr_un *un, socklen_t len, const char **path);

#endif
