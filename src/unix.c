#include "internal.h"

int pier_peer_credentials(pier_socket_t s, pier_credentials *out)
{
  if (out == NULL)
    return PIER_EINVAL;
  out->pid = out->uid = out->gid = -1;
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  if (family != AF_UNIX)
    return PIER_ENOTSUP;
  pier_address peer; /* a listener has credentials too, but they are its own */
  peer.len = sizeof peer.storage;
  int result = pier_os_getpeername(s, &peer.sa, &peer.len);
  return result < 0 ? result : pier_os_peer_credentials(s, out);
}
